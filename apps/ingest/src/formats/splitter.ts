import type { Bounds } from '../bounds.ts';
import type { Scanner, ScanResult } from './format.ts';

/** A stretch of input in which no row can be told. It takes the place, and the number, of one row. */
export interface Broken {
  readonly code: 'malformed_json' | 'malformed_csv' | 'too_large';
  readonly message: string;
  /** Where the fault is and where the stretch begins, counted from the input's start. */
  readonly at: number;
  readonly start: number;
  /** Bytes of the whole stretch; `payload` holds the first of them. */
  readonly size: number;
  readonly payload: Uint8Array;
}

/** Rows found by one `split`: offsets in the bytes that were given. Reused from call to call. */
export interface Rows {
  count: number;
  /** How many are wanted next: 1 … capacity. */
  limit: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Where a broken stretch stands in a row's place. */
  readonly broken: (Broken | null)[];
}

export function createRows(capacity: number): Rows {
  return {
    count: 0,
    limit: capacity,
    starts: new Int32Array(capacity),
    ends: new Int32Array(capacity),
    broken: new Array<Broken | null>(capacity).fill(null),
  };
}

export interface Splitter {
  readonly scanner: Scanner;
  /**
   * Fills `rows` from bytes[from, to) until it is full or no row ends before `to`, and answers the offset up to
   * which the bytes are done with. `base` is the offset of bytes[0] in the input.
   */
  split(bytes: Buffer, from: number, to: number, last: boolean, base: number, rows: Rows): number;
  /** All rows have been found: nothing follows. */
  finished(): boolean;
  /** Between two rows, so that the offset that `split` answered is one to go on from. */
  settled(): boolean;
}

interface Stretch {
  readonly code: Broken['code'];
  readonly message: string;
  readonly at: number;
  readonly start: number;
  readonly kept: Buffer[];
  keptBytes: number;
}

type SplitBounds = Pick<Bounds, 'eventBytesMax' | 'scanBytesMax' | 'brokenBytesMax'>;

/** Cuts bytes into rows; where a row is broken or too large, says so in its place and goes on behind it. */
export function createSplitter(scanner: Scanner, bounds: SplitBounds): Splitter {
  const { eventBytesMax, scanBytesMax, brokenBytesMax } = bounds;
  let stretch: Stretch | null = null;
  let finished = false;

  function split(bytes: Buffer, from: number, to: number, last: boolean, base: number, rows: Rows): number {
    rows.count = 0;
    let at = from;
    while (rows.count < rows.limit && !finished) {
      if (stretch !== null) {
        at = goOn(stretch, bytes, at, at, to, last, base, rows);
        if (stretch !== null) return at;
        continue;
      }
      const result = scanner.scan(bytes, at, to, last);
      if (result === 'done') {
        finished = true;
        return scanner.next;
      }
      if (result === 'row' && scanner.end - scanner.start <= eventBytesMax) {
        const index = rows.count++;
        rows.starts[index] = scanner.start;
        rows.ends[index] = scanner.end;
        rows.broken[index] = null;
        at = scanner.next;
        continue;
      }
      at = scanner.start;
      if (reach(result, to) - at > scanBytesMax) {
        stretch = begin('too_large', endless(scanBytesMax), base + at, base + at);
        at = goOn(stretch, bytes, at, at + 1, to, last, base, rows);
      } else if (result === 'more') {
        return at;
      } else if (result === 'row') {
        stretch = begin('too_large', tooLarge(eventBytesMax), base + at, base + at);
        keep(stretch, bytes, at, scanner.end);
        close(stretch, rows, base + scanner.end);
        at = scanner.next;
      } else {
        const { code, message, at: faultAt, from: resyncFrom } = scanner.fault!;
        stretch = begin(code, message, base + faultAt, base + at);
        at = goOn(stretch, bytes, at, resyncFrom, to, last, base, rows);
      }
      if (stretch !== null) return at;
    }
    return at;
  }

  /** How far the scanner had to look: what is beyond the bound must not depend on how the input was cut. */
  function reach(result: ScanResult, to: number): number {
    if (result === 'row') return scanner.end;
    return result === 'fault' ? scanner.fault!.reach : to;
  }

  /** Looks for the end of the stretch from `from` on; bytes from `at` on belong to it until then. */
  function goOn(
    open: Stretch,
    bytes: Buffer,
    at: number,
    from: number,
    to: number,
    last: boolean,
    base: number,
    rows: Rows,
  ): number {
    const next = scanner.resync(bytes, from, to);
    if (next < 0 && !last) {
      // The last line end stays, since the next row is looked for from there.
      const lineEnd = bytes.lastIndexOf(0x0a, to - 1);
      const end = lineEnd >= from && to - lineEnd <= scanBytesMax ? lineEnd : to;
      keep(open, bytes, at, end);
      return end;
    }
    const end = next < 0 ? to : next;
    keep(open, bytes, at, end);
    close(open, rows, base + end);
    if (next < 0) finished = true;
    return end;
  }

  function keep(open: Stretch, bytes: Buffer, from: number, to: number): void {
    const room = Math.min(to - from, brokenBytesMax - open.keptBytes);
    if (room <= 0) return;
    open.kept.push(Buffer.from(bytes.subarray(from, from + room)));
    open.keptBytes += room;
  }

  function close(open: Stretch, rows: Rows, end: number): void {
    const { code, message, at, start, kept } = open;
    const index = rows.count++;
    rows.starts[index] = 0;
    rows.ends[index] = 0;
    rows.broken[index] = { code, message, at, start, size: end - start, payload: Buffer.concat(kept) };
    stretch = null;
  }

  return { scanner, split, finished: () => finished, settled: () => stretch === null };
}

function begin(code: Broken['code'], message: string, at: number, start: number): Stretch {
  return { code, message, at, start, kept: [], keptBytes: 0 };
}

function tooLarge(eventBytesMax: number): string {
  return `larger than the ${eventBytesMax} bytes that one event may have`;
}

function endless(scanBytesMax: number): string {
  return `no row ends within ${scanBytesMax} bytes: a quote or a bracket may not be closed`;
}
