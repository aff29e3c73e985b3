/** Sixteen digits in a row: below that every integer is exact as a double. */
const MAY_BE_LONG = /\d{16}/;
const INTEGER = /^-?\d+$/;

/**
 * `JSON.parse`, but integers beyond 2^53 become bigints, so that they keep their exact value. Throws `SyntaxError`
 * as `JSON.parse` does, or `RangeError` where the text nests too deep for it.
 */
export function jsonParse(text: string): unknown {
  return MAY_BE_LONG.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && INTEGER.test(source) ? BigInt(source) : value;
}
