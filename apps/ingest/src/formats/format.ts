/**
 * A format in which events arrive, over HTTP and from files: one file in this folder and one line in `formats.ts`.
 * A scanner only finds where rows begin and end and what is broken beyond doubt; `decode` reads one row.
 */
export interface Format {
  readonly name: string;
  /** Media types of requests, without parameters. */
  readonly mediaTypes: readonly string[];
  /** Endings of file names, with the dot. */
  readonly endings: readonly string[];
  /** @throws PayloadError when the content type has parameters that it can't honour. */
  create(options: FormatOptions): Scanner;
}

export interface FormatOptions {
  /** The delimiter of CSV; null: what the content type says. */
  readonly delimiter: string | null;
  /** The whole content type of a request; empty for a file. */
  readonly contentType: string;
  readonly depthMax: number;
}

/**
 * What a scan came to:
 * - `row`: `start`, `end` and `next` are set.
 * - `more`: no row ends before `to`; bytes before `start` are done with.
 * - `done`: nothing but blanks follows, as far as `next`.
 * - `fault`: `start` is where the broken row begins, `fault` what is wrong; go on with `resync`.
 */
export type ScanResult = 'row' | 'more' | 'done' | 'fault';

/** Reads one run of bytes from its start to its end. What it finds does not depend on how they are cut. */
export interface Scanner {
  /** The content type of each row's payload. */
  readonly contentType: string;
  /** Whether all values are text, as in CSV. */
  readonly textual: boolean;
  start: number;
  end: number;
  next: number;
  fault: ScanFault | null;
  /** Looks for a row in bytes[from, to). `last`: the input ends at `to`. */
  scan(bytes: Buffer, from: number, to: number, last: boolean): ScanResult;
  /** Where to go on after a fault, looking at bytes[from, to); -1: not before `to`. Only then call `scan` again. */
  resync(bytes: Buffer, from: number, to: number): number;
  /** What is to be known to go on at `next` in another process; empty at the input's start. */
  mode(): string;
  /** Goes on where a scanner that had seen the same start of the input was in this mode. */
  resume(mode: string): void;
  /** @throws PayloadError */
  decode(bytes: Buffer, start: number, end: number): unknown;
  /** The row as a payload that can be decoded by itself; may share memory with `bytes`. */
  payload(bytes: Buffer, start: number, end: number): Uint8Array;
}

export interface ScanFault {
  readonly code: 'malformed_json' | 'malformed_csv';
  readonly message: string;
  /** Where, as an offset in the scanned bytes. */
  readonly at: number;
  /** How far it had to look to see it. */
  readonly reach: number;
  /** Where `resync` is to begin: not before the row's start. */
  readonly from: number;
}

/** Offset of the first byte that is no JSON blank. */
export function skipBlanks(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const byte = bytes[at]!;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at += 1;
  }
  return at;
}

/** After a UTF-8 byte order mark at the start of the input, if there is one. */
export function skipMark(bytes: Buffer, from: number, to: number): number {
  const marked =
    to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf;
  return marked ? from + 3 : from;
}
