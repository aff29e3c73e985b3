/** A piece of a pattern: a run of one letter, or literal text. */
export type PatternPart =
  | { readonly letters: string; readonly text?: undefined }
  | { readonly text: string; readonly letters?: undefined };

/** CLDR letters by luxon's for the same; luxon's own letters mean other things in places. */
const LUXON: Readonly<Record<string, string>> = {
  y: 'y',
  yy: 'yy',
  yyyy: 'yyyy',
  M: 'M',
  MM: 'MM',
  MMM: 'MMM',
  MMMM: 'MMMM',
  d: 'd',
  dd: 'dd',
  D: 'o',
  DDD: 'ooo',
  E: 'EEE',
  EEE: 'EEE',
  EEEE: 'EEEE',
  a: 'a',
  H: 'H',
  HH: 'HH',
  h: 'h',
  hh: 'hh',
  m: 'm',
  mm: 'mm',
  s: 's',
  ss: 'ss',
  S: 'uuu',
  SS: 'uu',
  SSS: 'SSS',
};
/** `+0200` with two letters or Z, `+02:00` with three. */
const OFFSET = /^(?:X{2,3}|x{2,3}|Z)$/;
/** Offsets that are written `Z` where they are zero. */
const WITH_ZULU = /^X{2,3}$/;

/**
 * Splits a pattern of the Unicode letters (CLDR, UTS 35 "Date Format Patterns"); other text stands for itself, letters
 * in it between single quotes, `''` for a quote. Throws `RangeError` for letters that are not supported.
 */
export function splitPattern(pattern: string): readonly PatternPart[] {
  const parts: PatternPart[] = [];
  for (const [piece] of pattern.matchAll(/''|'(?:[^']|'')*'?|([A-Za-z])\1*|[^A-Za-z']+/g)) {
    if (/^[A-Za-z]/.test(piece)) {
      if (!Object.hasOwn(LUXON, piece) && !OFFSET.test(piece)) throw unsupported(pattern, piece);
      parts.push({ letters: piece });
    } else {
      parts.push({ text: literal(pattern, piece) });
    }
  }
  return parts;
}

function literal(pattern: string, piece: string): string {
  if (piece === "''") return "'";
  if (!piece.startsWith("'")) return piece;
  if (piece.length < 2 || !piece.endsWith("'")) {
    throw new RangeError(`the pattern ${JSON.stringify(pattern)} has a quote that does not end`);
  }
  return piece.slice(1, -1).replaceAll("''", "'");
}

function unsupported(pattern: string, letters: string): RangeError {
  return new RangeError(
    `the pattern ${JSON.stringify(pattern)} has ${JSON.stringify(letters)}, which is not one of ` +
      `${Object.keys(LUXON).join(' ')} Z or two or three X or x; put text between single quotes`,
  );
}

export function isOffset({ letters = '' }: PatternPart): boolean {
  return OFFSET.test(letters);
}

export function mayBeZulu({ letters = '' }: PatternPart): boolean {
  return WITH_ZULU.test(letters);
}

/** The pattern in luxon's letters. `zulu`: with the letter Z for the offset. */
export function luxonPattern(parts: readonly PatternPart[], zulu: boolean): string {
  return parts
    .map((part) => {
      if (part.text !== undefined) return quoted(part.text);
      if (zulu && mayBeZulu(part)) return quoted('Z');
      return LUXON[part.letters] ?? (part.letters.length === 3 ? 'ZZ' : 'ZZZ');
    })
    .join('');
}

/** Letters between quotes, a quote as two. */
function quoted(text: string): string {
  return text.replace(/[A-Za-z]+|'/g, (piece) => (piece === "'" ? "''" : `'${piece}'`));
}
