import { setImmediate as nextTurn } from 'node:timers/promises';
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
import { after, integerAt, integerBytes, key, SPACE } from './keys.ts';
import { deadLetterKey, type Rows, unpackRow, unpackWindow } from './rows.ts';
import type { Writer } from './writer.ts';

/** A page has no more rows than this, whatever is asked for. */
const MAX_PAGE_ROWS = 10_000;
const TIME_BYTES = 8;
const ZERO = Buffer.from([0]);
/** Looks into starts between two breaths for the rest of the process. */
const LOOKS_AT_ONCE = 500;

type TimedRow = Exclude<ResultRow, WindowRow>;

export function createResultStore(disk: Disk, writer: Writer, rows: Rows): ResultStore {
  /** Rows by an index of (pipeline, …, time, rest), which stand under (pipeline, rest); the newest first. */
  function newest<T extends TimedRow>(
    indexPrefix: Buffer,
    rowSpace: number,
    query: TimeQuery,
    fits: (row: T) => boolean = () => true,
  ): Page<T> {
    const rowPrefix = key(rowSpace).text(query.pipeline).end();
    const page = startPage<T>(query);
    for (const entry of disk.range({ ...stretch(indexPrefix, query, true), keysOnly: true })) {
      const suffix = Buffer.from(entry.key.subarray(indexPrefix.length));
      const row = unpackRow<T>(disk.peek(Buffer.concat([rowPrefix, suffix.subarray(TIME_BYTES)])));
      if (row && fits(row) && !page.add(row, suffix)) break;
    }
    return page.end();
  }

  function windows(query: WindowQuery): Page<WindowRow> {
    const { pipeline, name, newest: reverse = false } = query;
    const prefix = key(SPACE.windowByStart).text(pipeline).text(name).end();
    const page = startPage<WindowRow>(query);
    for (const entry of disk.range(stretch(prefix, query, reverse))) {
      const row = unpackWindow(pipeline, name, entry.value);
      if (!page.add(row, entry.key.subarray(prefix.length))) break;
    }
    return page.end();
  }

  /** From one start to the next, looking for the group in each: two looks per start that there is. */
  async function windowsOfGroup(query: WindowQuery, group: string): Promise<Page<WindowRow>> {
    const { pipeline, name, newest: reverse = false } = query;
    const prefix = key(SPACE.windowByStart).text(pipeline).text(name).end();
    const groupPart = key(0).text(group).end().subarray(1);
    const wanted = (start: number) => Buffer.concat([prefix, integerBytes(start), groupPart]);
    const page = startPage<WindowRow>(query);
    let { from, to } = stretch(prefix, query, reverse);
    for (let looks = 1; Buffer.compare(from, to) < 0; looks++) {
      if (looks % LOOKS_AT_ONCE === 0) await nextTurn();
      const [entry] = disk.range({ from, to, reverse, limit: 1 });
      if (!entry) break;
      const start = integerAt(entry.key, prefix.length);
      const here = wanted(start);
      const order = Buffer.compare(here, entry.key);
      if (order === 0) {
        const row = unpackWindow(pipeline, name, entry.value);
        if (!page.add(row, entry.key.subarray(prefix.length))) break;
      }
      if (reverse) {
        // Met a later group of this start: its own one may still come. Otherwise on to the start before.
        to = order < 0 ? Buffer.concat([here, ZERO]) : Buffer.concat([prefix, integerBytes(start)]);
      } else {
        from = order > 0 ? here : wanted(start + 1);
      }
    }
    return page.end();
  }

  return {
    write: (written) => writer.submit((transaction) => rows.put(transaction, written)),
    async windows(query) {
      return query.group === undefined ? windows(query) : await windowsOfGroup(query, query.group);
    },
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

/** The keys under `prefix` that a query is about; behind the prefix they begin with the time. */
function stretch(
  prefix: Buffer,
  query: TimeQuery,
  reverse: boolean,
): { from: Buffer; to: Buffer; reverse: boolean } {
  const from = query.from === undefined ? prefix : Buffer.concat([prefix, integerBytes(query.from)]);
  const to = query.to === undefined ? after(prefix) : Buffer.concat([prefix, integerBytes(query.to)]);
  if (query.after === undefined) return { from, to, reverse };
  const last = Buffer.concat([prefix, Buffer.from(query.after, 'base64url')]);
  return reverse ? { from, to: last, reverse } : { from: Buffer.concat([last, ZERO]), to, reverse };
}

/** Gathers a page's rows; one that no longer fits in says that there is a next page. */
function startPage<T>(query: TimeQuery) {
  const limit = Math.min(Math.max(1, query.limit), MAX_PAGE_ROWS);
  const rows: T[] = [];
  let last: string | null = null;
  let full = false;
  return {
    /** False: the page is full. */
    add(row: T, suffix: Uint8Array): boolean {
      full = rows.length === limit;
      if (full) return false;
      rows.push(row);
      if (rows.length === limit) last = Buffer.from(suffix).toString('base64url');
      return true;
    },
    end: (): Page<T> => ({ rows, next: full ? last : null }),
  };
}
