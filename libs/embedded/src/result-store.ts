import type {
  AlertRow,
  DeadLetterRow,
  EventRow,
  Page,
  ResultRow,
  ResultStore,
  TimeQuery,
  WindowQuery,
  WindowRow,
} from '@millrace/lanes/ports/results';
import type { Disk } from './disk.ts';
import { after, integerBytes, key, SPACE } from './keys.ts';
import { deadLetterKey, type Rows, unpackRow } from './rows.ts';
import type { Writer } from './writer.ts';

/** A page has no more rows than this, whatever is asked for. */
const MAX_PAGE_ROWS = 10_000;
const TIME_BYTES = 8;
const ZERO = Buffer.from([0]);

export function createResultStore(disk: Disk, writer: Writer, rows: Rows): ResultStore {
  /** Keys under `prefix` go on with the time; pages are cut after that. */
  function page<T extends ResultRow>(
    prefix: Buffer,
    query: TimeQuery,
    reverse: boolean,
    find: (suffix: Buffer) => Uint8Array | undefined,
    fits: (row: T) => boolean = () => true,
  ): Page<T> {
    const limit = Math.min(Math.max(1, query.limit), MAX_PAGE_ROWS);
    let from = query.from === undefined ? prefix : Buffer.concat([prefix, integerBytes(query.from)]);
    let to = query.to === undefined ? after(prefix) : Buffer.concat([prefix, integerBytes(query.to)]);
    if (query.after !== undefined) {
      const last = Buffer.concat([prefix, Buffer.from(query.after, 'base64url')]);
      if (reverse) to = last;
      else from = Buffer.concat([last, ZERO]);
    }
    const found: T[] = [];
    let cut: Buffer | null = null;
    if (Buffer.compare(from, to) >= 0) return { rows: found, next: null };
    for (const entry of disk.range({ from, to, reverse, keysOnly: true })) {
      if (found.length === limit) return { rows: found, next: cut!.toString('base64url') };
      const suffix = Buffer.from(entry.key.subarray(prefix.length));
      const row = unpackRow<T>(find(suffix));
      if (!row || !fits(row)) continue;
      found.push(row);
      cut = suffix;
    }
    return { rows: found, next: null };
  }

  /** An index under (pipeline, …, time, rest) to rows under (pipeline, rest). */
  function newest<T extends ResultRow>(
    prefix: Buffer,
    rowSpace: number,
    query: TimeQuery,
    fits?: (row: T) => boolean,
  ): Page<T> {
    const rowPrefix = key(rowSpace).text(query.pipeline).end();
    const find = (suffix: Buffer) => disk.peek(Buffer.concat([rowPrefix, suffix.subarray(TIME_BYTES)]));
    return page(prefix, query, true, find, fits);
  }

  function windows(query: WindowQuery): Page<WindowRow> {
    const { pipeline, name, group, newest: reverse = false } = query;
    if (group === undefined) {
      const prefix = key(SPACE.windowByStart).text(pipeline).text(name).end();
      return page(prefix, query, reverse, (suffix) => disk.peek(Buffer.concat([prefix, suffix])));
    }
    const prefix = key(SPACE.windowByGroup).text(pipeline).text(name).text(group).end();
    const rowPrefix = key(SPACE.windowByStart).text(pipeline).text(name).end();
    const groupPart = key(0).text(group).end().subarray(1);
    return page(prefix, query, reverse, (start) => disk.peek(Buffer.concat([rowPrefix, start, groupPart])));
  }

  return {
    write: (written) => writer.submit((transaction) => rows.put(transaction, written)),
    windows: async (query) => windows(query),
    async alerts(query) {
      const prefix = key(SPACE.alertByTime).text(query.pipeline).end();
      return newest<AlertRow>(prefix, SPACE.alert, query);
    },
    async events(query) {
      const { pipeline, key: wanted } = query;
      if (wanted === undefined) {
        return newest<EventRow>(key(SPACE.eventByTime).text(pipeline).end(), SPACE.event, query);
      }
      const prefix = key(SPACE.eventByKey).text(pipeline).text(wanted).end();
      // Written by a plan with another key, the row may have left this one's list.
      return newest<EventRow>(prefix, SPACE.event, query, (row) => row.key === wanted);
    },
    async deadLetters(query) {
      const prefix = key(SPACE.deadLetterByTime).text(query.pipeline).end();
      return newest<DeadLetterRow>(prefix, SPACE.deadLetter, query);
    },
    deadLetter: async (pipeline, id) => unpackRow<DeadLetterRow>(disk.peek(deadLetterKey(pipeline, id))),
    removeDeadLetter: (pipeline, id) =>
      writer.submit((transaction) => rows.removeDeadLetter(transaction, pipeline, id)),
  };
}
