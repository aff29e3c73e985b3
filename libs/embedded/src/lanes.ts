import type { LogRecord } from '@millrace/lanes/ports/log';
import { chunkCount, decodeChunk, encodeChunk, recordBytes } from './chunk.ts';
import type { Disk } from './disk.ts';
import { after, integerAt, integerBytes, key, SPACE } from './keys.ts';
import type { Transaction } from './writer.ts';

const MAX_CHUNK_RECORDS = 4_096;
const MAX_CHUNK_BYTES = 2 ** 20;
/** The longest record, key and value together. */
export const MAX_RECORD_BYTES = 16 * 2 ** 20;
/** What one read returns at most, except that it always returns a record when there is one. */
export const MAX_READ_BYTES = 8 * 2 ** 20;

/** The records of all lanes on the disk, as chunks under (topic, lane, offset of the first record). */
export interface Lanes {
  bounds(topic: string, lane: number): Bounds;
  /** @returns the offset of the first record, valid once the transaction is durable. */
  append(transaction: Transaction, topic: string, lane: number, records: readonly LogRecord[]): number;
  /** From `from` on, or from the start where that is later. */
  read(topic: string, lane: number, from: number, maxRecords: number): LaneStretch;
  /** Calls back once the lane has grown beyond `end`, unless `stop` was called before. */
  whenBeyond(topic: string, lane: number, end: number, act: () => void): { stop(): void };
  /** Called with each lane that has grown. */
  onGrown(listener: (topic: string) => void): void;
  /** Every (topic, lane) that has been touched or holds chunks. */
  all(): { readonly topic: string; readonly lane: number }[];
  /** Says that everything before `start` is gone. */
  moveStart(transaction: Transaction, topic: string, lane: number, start: number): void;
}

export interface Bounds {
  readonly start: number;
  readonly end: number;
}

export interface LaneStretch extends Bounds {
  readonly base: number;
  readonly records: LogRecord[];
}

interface Lane {
  readonly topic: string;
  readonly lane: number;
  readonly prefix: Buffer;
  start: number;
  /** Durable. */
  end: number;
  /** The offset that the next append gets; ahead of `end` while a transaction is under way. */
  next: number;
  readonly waiting: Set<() => void>;
  /** The chunk that the last read ended in the middle of, so that a reader of small steps copies it once. */
  open: { readonly base: number; readonly chunk: Uint8Array } | null;
}

/** @param remember false where another process writes: the bounds are then read from the disk each time. */
export function createLanes(disk: Disk, laneCount: number, remember: boolean): Lanes {
  const known = new Map<string, Map<number, Lane>>();
  const listeners: ((topic: string) => void)[] = [];

  function find(topic: string, number: number): Lane {
    let lanes = known.get(topic);
    if (!lanes) {
      lanes = new Map();
      known.set(topic, lanes);
    }
    let lane = lanes.get(number);
    if (lane && remember) return lane;
    if (!Number.isInteger(number) || number < 0 || number >= laneCount) {
      throw new RangeError(`lane ${number} of topic ${topic}: there are ${laneCount} lanes`);
    }
    lane = load(disk, topic, number);
    lanes.set(number, lane);
    return lane;
  }

  function grow(lane: Lane, end: number): void {
    lane.end = end;
    for (const listener of listeners) listener(lane.topic);
    const waiting = [...lane.waiting];
    lane.waiting.clear();
    for (const act of waiting) act();
  }

  return {
    bounds(topic, number) {
      const { start, end } = find(topic, number);
      return { start, end };
    },

    append(transaction, topic, number, records) {
      const lane = find(topic, number);
      const base = lane.next;
      if (records.length === 0) return base;
      transaction.onUndo(() => {
        lane.next = base;
      });
      for (const chunk of split(topic, records)) {
        transaction.put(chunkKey(lane.prefix, lane.next), encodeChunk(chunk));
        lane.next += chunk.length;
      }
      const end = lane.next;
      transaction.onDurable(() => grow(lane, end));
      return base;
    },

    read(topic, number, from, maxRecords) {
      const lane = find(topic, number);
      return readChunks(disk, lane, from, maxRecords);
    },

    whenBeyond(topic, number, end, act) {
      const lane = find(topic, number);
      if (lane.end > end) {
        act();
        return { stop: () => {} };
      }
      lane.waiting.add(act);
      return { stop: () => void lane.waiting.delete(act) };
    },

    onGrown: (listener) => listeners.push(listener),

    all() {
      const prefix = Buffer.from([SPACE.chunk]);
      const lanes: { topic: string; lane: number }[] = [];
      let from: Uint8Array = prefix;
      // From each lane's first chunk straight to the next lane's.
      for (;;) {
        const [first] = disk.range({ from, to: after(prefix), limit: 1, keysOnly: true });
        if (!first) return lanes;
        const { topic, lane } = parseChunkKey(first.key);
        lanes.push({ topic, lane });
        from = after(lanePrefix(SPACE.chunk, topic, lane));
      }
    },

    moveStart(transaction, topic, number, start) {
      const lane = find(topic, number);
      const before = lane.start;
      const record = Buffer.alloc(8);
      record.writeDoubleLE(start);
      transaction.put(lanePrefix(SPACE.laneStart, topic, number), record);
      transaction.onUndo(() => {
        lane.start = before;
      });
      lane.start = start;
    },
  };
}

function load(disk: Disk, topic: string, lane: number): Lane {
  const prefix = lanePrefix(SPACE.chunk, topic, lane);
  const saved = disk.get(lanePrefix(SPACE.laneStart, topic, lane));
  const start = saved ? Buffer.from(saved).readDoubleLE(0) : 0;
  const [last] = disk.range({ from: prefix, to: after(prefix), reverse: true, limit: 1 });
  const end = last ? integerAt(last.key, prefix.length) + chunkCount(last.value) : start;
  return { topic, lane, prefix, start, end, next: end, waiting: new Set(), open: null };
}

function readChunks(disk: Disk, lane: Lane, wanted: number, maxRecords: number): LaneStretch {
  const { start, end } = lane;
  const base = Math.max(wanted, start);
  const records: LogRecord[] = [];
  let bytes = 0;
  if (base < end) {
    for (const { first, chunk } of chunksFrom(disk, lane, base)) {
      if (bytes > 0 && bytes + chunk.length > MAX_READ_BYTES) break;
      bytes += chunk.length;
      const skip = base + records.length - first;
      decodeChunk(chunk, skip, maxRecords - records.length, records);
      lane.open = base + records.length < first + chunkCount(chunk) ? { base: first, chunk } : null;
      // Before the next chunk is fetched.
      if (records.length >= maxRecords) break;
    }
  }
  return { base, records, start, end };
}

function* chunksFrom(
  disk: Disk,
  lane: Lane,
  offset: number,
): Generator<{ first: number; chunk: Uint8Array }> {
  const { prefix, open } = lane;
  let from = chunkKey(prefix, offset);
  if (open && open.base <= offset && offset < open.base + chunkCount(open.chunk)) {
    yield { first: open.base, chunk: open.chunk };
    from = chunkKey(prefix, open.base + chunkCount(open.chunk));
  } else {
    const upTo = chunkKey(prefix, offset + 1);
    const [holding] = disk.range({ from: prefix, to: upTo, reverse: true, limit: 1, keysOnly: true });
    if (!holding) throw new Error(`topic ${lane.topic}, lane ${lane.lane}: no chunk holds offset ${offset}`);
    from = Buffer.from(holding.key);
  }
  for (const { key: found, value } of disk.range({ from, to: chunkKey(prefix, lane.end) })) {
    yield { first: integerAt(found, prefix.length), chunk: value };
  }
}

function* split(topic: string, records: readonly LogRecord[]): Generator<readonly LogRecord[]> {
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < records.length; i++) {
    const size = recordBytes(records[i]!);
    if (size > MAX_RECORD_BYTES) {
      throw new RangeError(
        `a record of ${size} bytes for topic ${topic}; the longest that can be kept has ${MAX_RECORD_BYTES}`,
      );
    }
    if (i > from && (i - from >= MAX_CHUNK_RECORDS || bytes + size > MAX_CHUNK_BYTES)) {
      yield records.slice(from, i);
      from = i;
      bytes = 0;
    }
    bytes += size;
  }
  yield from === 0 ? records : records.slice(from);
}

function lanePrefix(space: number, topic: string, lane: number): Buffer {
  return key(space).text(topic).integer(lane).end();
}

const OFFSET_BYTES = 8;

export function chunkKey(prefix: Buffer, base: number): Buffer {
  const full = Buffer.allocUnsafe(prefix.length + OFFSET_BYTES);
  prefix.copy(full);
  integerBytes(base).copy(full, prefix.length);
  return full;
}

function parseChunkKey(chunk: Uint8Array): { topic: string; lane: number } {
  const laneAt = chunk.length - 2 * OFFSET_BYTES;
  const topic = Buffer.from(chunk.subarray(1, laneAt - 2)).toString('utf8');
  return { topic, lane: integerAt(chunk, laneAt) };
}
