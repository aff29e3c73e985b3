import { JSON_CONTENT, parseJson } from '@millrace/lanes/payload';
import {
  type Format,
  type FormatOptions,
  type Scanner,
  type ScanResult,
  skipBlanks,
  skipMark,
} from './format.ts';
import { createValueScanner, UNFINISHED } from './json-value.ts';

const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_ARRAY = 0x5d;
const LINE_FEED = 0x0a;

/** A JSON array of events, or a single one. The array is read element by element, never as a whole. */
export const json: Format = {
  name: 'json',
  mediaTypes: ['application/json'],
  endings: ['.json'],
  create: createJsonScanner,
};

/**
 *   start ──[──▶ first ──value──▶ after ──,──▶ value ──▶ after …
 *     │            └──]──▶ end ◀──]──┘
 *     └──value (no array)──▶ end
 */
type Mode = 'start' | 'first' | 'value' | 'after' | 'end';

/** The element does not stand at the start of a line. */
const NO_INDENT = -1;

function createJsonScanner(options: FormatOptions): Scanner {
  const values = createValueScanner(options.depthMax);
  let mode: Mode = 'start';
  let array = true;
  /** Blanks before the element on its line: where the next element is looked for when this one is broken. */
  let indent = NO_INDENT;
  /** The element at `from` has been looked at before and had not ended. */
  let again = false;

  const scanner: Scanner = {
    contentType: JSON_CONTENT,
    textual: false,
    start: 0,
    end: 0,
    next: 0,
    fault: null,
    scan,
    resync(bytes, from, to) {
      again = false;
      if (mode === 'end' || !array) return -1;
      const next = nextLineWith(bytes, from, to, indent);
      if (next >= 0) mode = 'value';
      return next;
    },
    mode: () => (mode === 'start' ? '' : mode),
    resume(saved) {
      if (saved !== '') mode = saved as Mode;
    },
    decode: (bytes, start, end) => parseJson(bytes.toString('utf8', start, end)),
    payload: (bytes, start, end) => bytes.subarray(start, end),
  };

  function scan(bytes: Buffer, from: number, to: number, last: boolean): ScanResult {
    let at = from;
    scanner.start = from;
    if (mode === 'start') {
      if (to - from < 3 && !last) return 'more';
      at = skipMark(bytes, from, to);
    }
    let blanks = at;
    at = skipBlanks(bytes, at, to);
    while (at < to && mode !== 'value' && mode !== 'end') {
      const found = punctuation(bytes[at]!);
      if (found === 'missing')
        return faulted(at, at, 'a comma or the closing bracket is missing before this');
      if (found === 'none') break;
      blanks = at + 1;
      at = skipBlanks(bytes, blanks, to);
    }
    if (at === to) return blank(bytes, blanks, at, last);
    if (mode === 'end') return faulted(at, at, 'text after the end of the document');
    if (!again) indent = indentBefore(bytes, blanks, at);
    return value(bytes, at, to, last);
  }

  /** Moves over a bracket or a comma at the start of the array, or between two elements. */
  function punctuation(byte: number): 'consumed' | 'none' | 'missing' {
    if (mode === 'start') {
      array = byte === OPEN_ARRAY;
      mode = array ? 'first' : 'value';
      return array ? 'consumed' : 'none';
    }
    if (byte === CLOSE_ARRAY) {
      mode = 'end';
      return 'consumed';
    }
    if (mode === 'first') return 'none';
    mode = 'value';
    return byte === COMMA ? 'consumed' : 'missing';
  }

  function value(bytes: Buffer, at: number, to: number, last: boolean): ScanResult {
    scanner.start = at;
    const end = values.scan(bytes, at, to, last);
    again = end === UNFINISHED && !last;
    if (again) return 'more';
    if (end === UNFINISHED) return faulted(at, to, 'the input ends within this value');
    if (end < 0) return faulted(at, -2 - end, values.reason);
    scanner.end = end;
    scanner.next = end;
    mode = array ? 'after' : 'end';
    return 'row';
  }

  /** Nothing but blanks up to `at`, the end of the bytes. */
  function blank(bytes: Buffer, from: number, at: number, last: boolean): ScanResult {
    scanner.next = at;
    if (!last) {
      // The last line end stays: the indent of what follows is counted from it.
      const lineEnd = at > from ? bytes.lastIndexOf(LINE_FEED, at - 1) : -1;
      scanner.start = lineEnd >= from ? lineEnd : at;
      return 'more';
    }
    scanner.start = at;
    if (mode === 'end' || mode === 'start') return 'done';
    const message = mode === 'value' ? 'the input ends where a value is expected' : 'the array is not closed';
    mode = 'end';
    return faulted(at, at, message);
  }

  function faulted(start: number, at: number, message: string): ScanResult {
    scanner.start = start;
    scanner.fault = {
      code: 'malformed_json',
      message,
      at,
      reach: at,
      from: indent === NO_INDENT ? at : start,
    };
    return 'fault';
  }

  return scanner;
}

function indentBefore(bytes: Buffer, from: number, at: number): number {
  let i = at - 1;
  while (i >= from && (bytes[i] === 0x20 || bytes[i] === 0x09)) i -= 1;
  return i >= from && bytes[i] === LINE_FEED ? at - i - 1 : NO_INDENT;
}

/**
 * The opening bracket of the next line that is indented like the broken element: in an array with an element per
 * line, and in an indented one, that is the next element. Without an indent any line that starts with a bracket.
 */
function nextLineWith(bytes: Buffer, from: number, to: number, indent: number): number {
  let lineEnd = bytes.indexOf(LINE_FEED, from);
  while (lineEnd >= 0 && lineEnd < to) {
    let at = lineEnd + 1;
    while (at < to && (bytes[at] === 0x20 || bytes[at] === 0x09)) at += 1;
    const opens = at < to && (bytes[at] === OPEN_OBJECT || bytes[at] === OPEN_ARRAY);
    if (opens && (indent === NO_INDENT || at - lineEnd - 1 === indent)) return at;
    lineEnd = bytes.indexOf(LINE_FEED, lineEnd + 1);
  }
  return -1;
}
