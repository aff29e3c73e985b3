/** Digits in a row below which every integer is exact as a double. */
const LONG_DIGITS = 16;
const INTEGER = /^-?\d+$/;

/**
 * `JSON.parse`, but integers beyond 2^53 become bigints, so that they keep their exact value. Throws `SyntaxError`
 * as `JSON.parse` does, or `RangeError` where the text nests too deep for it.
 */
export function jsonParse(text: string): unknown {
  return mayHoldLong(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

/** Looks at every sixteenth character only, which no such row can miss: a regular expression took as long as the parsing. */
function mayHoldLong(text: string): boolean {
  for (let at = LONG_DIGITS - 1; at < text.length; at += LONG_DIGITS) {
    if (!isDigit(text, at)) continue;
    let first = at;
    while (isDigit(text, first - 1)) first--;
    let end = at + 1;
    while (isDigit(text, end)) end++;
    if (end - first >= LONG_DIGITS) return true;
  }
  return false;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
}
