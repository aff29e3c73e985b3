const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const CLOSE_OBJECT = 0x7d;
const CLOSE_ARRAY = 0x5d;

/** 1: a byte that matters between values inside brackets. */
const STRUCTURAL = new Uint8Array(256);
for (const byte of [QUOTE, OPEN_OBJECT, OPEN_ARRAY, CLOSE_OBJECT, CLOSE_ARRAY]) STRUCTURAL[byte] = 1;

/** 1: a byte that ends a number or a word. */
const ENDS_SCALAR = new Uint8Array(256);
for (const byte of Buffer.from(' \t\r\n,:"[]{}')) ENDS_SCALAR[byte] = 1;

/** No value ends before `to`. */
export const UNFINISHED = -1;

export interface ValueScanner {
  /**
   * The offset after the JSON value that starts at `at`; UNFINISHED; or -2 - the offset of a fault. Only brackets
   * and strings are looked at: what is within them is for the parser. Faults are those that no reading can mend: a
   * bracket closed by the other kind, a line end in a string, nothing where a value must be, too deep a nesting.
   */
  scan(bytes: Buffer, at: number, to: number, last: boolean): number;
  /** What the last fault was. */
  reason: string;
}

export function createValueScanner(depthMax: number): ValueScanner {
  /** The closing bytes of the open brackets. */
  const closers = new Uint8Array(depthMax);

  const scanner: ValueScanner = {
    reason: '',
    scan(bytes, at, to, last) {
      const first = bytes[at]!;
      if (first === OPEN_OBJECT || first === OPEN_ARRAY) return scanBrackets(bytes, at, to);
      if (first === QUOTE) return scanString(bytes, at + 1, to);
      if (ENDS_SCALAR[first] === 1) return fault(at, 'a value is expected here');
      let end = at + 1;
      while (end < to && ENDS_SCALAR[bytes[end]!] === 0) end += 1;
      return end === to && !last ? UNFINISHED : end;
    },
  };

  function scanBrackets(bytes: Buffer, at: number, to: number): number {
    let depth = 0;
    let i = at;
    while (i < to) {
      const byte = bytes[i]!;
      if (STRUCTURAL[byte] === 0) {
        i += 1;
      } else if (byte === QUOTE) {
        i = scanString(bytes, i + 1, to);
        if (i < 0) return i;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (depth === depthMax) return fault(i, `nested deeper than ${depthMax}`);
        closers[depth] = byte + 2;
        depth += 1;
        i += 1;
      } else {
        depth -= 1;
        if (closers[depth] !== byte)
          return fault(i, `"${String.fromCharCode(byte)}" does not close what is open here`);
        i += 1;
        if (depth === 0) return i;
      }
    }
    return UNFINISHED;
  }

  /** From after the opening quote to after the closing one. */
  function scanString(bytes: Buffer, from: number, to: number): number {
    let i = from;
    while (i < to) {
      const byte = bytes[i]!;
      if (byte === QUOTE) return i + 1;
      if (byte === LINE_FEED) return fault(i, 'a text is not closed on its line');
      i += byte === BACKSLASH ? 2 : 1;
    }
    return UNFINISHED;
  }

  function fault(at: number, reason: string): number {
    scanner.reason = reason;
    return -2 - at;
  }

  return scanner;
}
