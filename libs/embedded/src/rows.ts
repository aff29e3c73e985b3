import type { ResultRow, Version, WindowRow } from '@millrace/lanes/ports/results';
import { Packr } from 'msgpackr';
import type { Disk } from './disk.ts';
import { key, SPACE } from './keys.ts';
import type { Transaction } from './writer.ts';

/**
 * Result rows on the disk. A row stands once, under its identity, in front of it what a write must know of the one
 * before; indexes are keys without values and are written only when a row is new or has moved in time.
 *
 *     f64 position, f64 revision, f64 time, then the row (MessagePack); nothing follows where it was removed
 *
 * Windows stand under (name, start, group) and have no index: the rows that change are those of the latest windows, so
 * they lie together, and a batch of them touches few pages. An index by group would double the cost of a row; a
 * group's rows are found by looking into each start (`windowsOfGroup`).
 */
const VERSION_BYTES = 16;
const HEAD_BYTES = 24;

/** Plain maps: no dictionaries on the disk that a reader would need beside the row. */
const packr = new Packr({ useRecords: false, variableMapSize: true });
const NOTHING = new Uint8Array(0);

export interface Rows {
  /** Of the writes to a row the one with the highest version stays; equal ones are repeats. */
  put(transaction: Transaction, rows: readonly ResultRow[]): void;
  /**
   * The rows of a run that alone writes the folder, each version of a row after the one before: a window, which has
   * no index and is never removed, is written without a look at what is there.
   */
  putInOrder(transaction: Transaction, rows: readonly ResultRow[]): void;
  /** Leaves a mark in place of the dead letter, so that a repeat of its write does not bring it back. */
  removeDeadLetter(transaction: Transaction, pipeline: string, id: string): void;
}

/** What a stored row begins with. */
interface Head extends Version {
  readonly time: number;
  readonly removed: boolean;
}

export function createRows(disk: Disk): Rows {
  /** Rows of the transaction that is being made up, which the disk doesn't know yet. */
  const fresh = new Map<string, Head>();
  let freshOf: Transaction | null = null;
  /** What the submission that is being built put into `fresh`, and what had been there. */
  let replaced: [name: string, before: Head | undefined][] = [];

  function enter(transaction: Transaction): void {
    if (freshOf !== transaction) fresh.clear();
    freshOf = transaction;
    const mine: typeof replaced = [];
    replaced = mine;
    transaction.onUndo(() => {
      for (const [name, before] of mine.reverse()) {
        if (before) fresh.set(name, before);
        else fresh.delete(name);
      }
    });
  }

  function stored(rowKey: Buffer, name: string): Head | undefined {
    const held = fresh.get(name);
    if (held) return held;
    const bytes = disk.peek(rowKey);
    return bytes && readHead(bytes);
  }

  function write(transaction: Transaction, rowKey: Buffer, name: string, head: Head, value: Buffer): void {
    replaced.push([name, fresh.get(name)]);
    fresh.set(name, head);
    transaction.put(rowKey, value);
  }

  function putRow(transaction: Transaction, row: ResultRow): void {
    const rowKey = rowKeyOf(row);
    const name = rowKey.toString('latin1');
    const held = stored(rowKey, name);
    if (held && !isNewer(row.version, held)) return;
    const time = timeOf(row);
    const { position, revision } = row.version;
    write(transaction, rowKey, name, { position, revision, time, removed: false }, pack(row, time));
    if (held && !held.removed && held.time === time) return;
    if (held && !held.removed) for (const index of indexKeys(row, held.time)) transaction.remove(index);
    for (const index of indexKeys(row, time)) transaction.put(index, NOTHING);
  }

  return {
    put(transaction, rows) {
      enter(transaction);
      for (const row of rows) putRow(transaction, row);
    },
    putInOrder(transaction, rows) {
      enter(transaction);
      for (const row of rows) {
        if (row.table === 'windows') transaction.put(rowKeyOf(row), pack(row, row.start));
        else putRow(transaction, row);
      }
    },
    removeDeadLetter(transaction, pipeline, id) {
      enter(transaction);
      const rowKey = deadLetterKey(pipeline, id);
      const name = rowKey.toString('latin1');
      const held = stored(rowKey, name);
      if (!held || held.removed) return;
      write(transaction, rowKey, name, { ...held, removed: true }, packHead(held, held.time, 0));
      transaction.remove(key(SPACE.deadLetterByTime).text(pipeline).integer(held.time).text(id).end());
    },
  };
}

/** Null: no such row, or one that was removed. */
export function unpackRow<T extends Exclude<ResultRow, WindowRow>>(stored: Uint8Array | undefined): T | null {
  if (!stored || stored.length <= HEAD_BYTES) return null;
  return packr.unpack(stored.subarray(HEAD_BYTES)) as T;
}

export function unpackWindow(pipeline: string, name: string, stored: Uint8Array): WindowRow {
  const { position, revision: write, time: start } = readHead(stored);
  const [group, end, revision, final, values] = packr.unpack(stored.subarray(HEAD_BYTES)) as WindowBody;
  const version = { position, revision: write };
  return { table: 'windows', pipeline, version, name, group, start, end, revision, final, values };
}

/** Without names, which cost more than the values. */
type WindowBody = [group: string, end: number, revision: number, final: boolean, values: WindowRow['values']];

export function deadLetterKey(pipeline: string, id: string): Buffer {
  return key(SPACE.deadLetter).text(pipeline).text(id).end();
}

export function isNewer(version: Version, than: Version): boolean {
  if (version.position !== than.position) return version.position > than.position;
  return version.revision > than.revision;
}

function rowKeyOf(row: ResultRow): Buffer {
  switch (row.table) {
    case 'windows':
      return key(SPACE.windowByStart)
        .text(row.pipeline)
        .text(row.name)
        .integer(row.start)
        .text(row.group)
        .end();
    case 'alerts':
      return key(SPACE.alert).text(row.pipeline).text(row.id).end();
    case 'events':
      return key(SPACE.event).text(row.pipeline).text(row.id).text(row.route).end();
    case 'deadletters':
      return deadLetterKey(row.pipeline, row.id);
  }
}

/** A prefix, the time, and the rest of the row's own key. */
function indexKeys(row: ResultRow, time: number): Buffer[] {
  switch (row.table) {
    case 'windows':
      return [];
    case 'alerts':
      return [key(SPACE.alertByTime).text(row.pipeline).integer(time).text(row.id).end()];
    case 'events':
      return [
        key(SPACE.eventByTime).text(row.pipeline).integer(time).text(row.id).text(row.route).end(),
        key(SPACE.eventByKey)
          .text(row.pipeline)
          .text(row.key)
          .integer(time)
          .text(row.id)
          .text(row.route)
          .end(),
      ];
    case 'deadletters':
      return [key(SPACE.deadLetterByTime).text(row.pipeline).integer(time).text(row.id).end()];
  }
}

function timeOf(row: ResultRow): number {
  return row.table === 'windows' ? row.start : row.time;
}

function pack(row: ResultRow, time: number): Buffer {
  const body = packr.pack(bodyOf(row));
  const value = packHead(row.version, time, body.length);
  value.set(body, HEAD_BYTES);
  return value;
}

function bodyOf(row: ResultRow): unknown {
  if (row.table !== 'windows') return row;
  const body: WindowBody = [row.group, row.end, row.revision, row.final, row.values];
  return body;
}

function packHead(version: Version, time: number, bodyBytes: number): Buffer {
  const value = Buffer.allocUnsafe(HEAD_BYTES + bodyBytes);
  value.writeDoubleLE(version.position, 0);
  value.writeDoubleLE(version.revision, 8);
  value.writeDoubleLE(time, VERSION_BYTES);
  return value;
}

function readHead(stored: Uint8Array): Head {
  const view = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
  return {
    position: view.readDoubleLE(0),
    revision: view.readDoubleLE(8),
    time: view.readDoubleLE(VERSION_BYTES),
    removed: stored.length <= HEAD_BYTES,
  };
}
