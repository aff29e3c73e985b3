import { DateTime, IANAZone } from 'luxon';
import { daysFrom1970, daysIn } from './rfc3339.ts';
import { isOffset, luxonPattern, mayBeZulu, type PatternPart, splitPattern } from './time-pattern.ts';

const DAY_MS = 86_400_000;
/** Days whose offset a zone remembers; when full it starts over. */
const REMEMBERED_DAYS_MAX = 1_000;
const LOCALE = { locale: 'en-US', numberingSystem: 'latn' } as const;
const ZERO = 48;

/**
 * A parser of times in a pattern of Unicode letters (CLDR), such as `yyyy/MM/dd HH:mm:ss.SSS`, `d MMM yyyy h:mm a` or
 * `yyyy-MM-dd'T'HH:mm:ssXXX`, to milliseconds since 1970 UTC. Without an offset in the text, it is the clock's time in
 * `zone` (IANA name): a time that the clock shows twice is the first of them, one that it skips is as much later as it
 * skips (as java.time has it). The parser throws `RangeError` that names the text and the pattern.
 * Throws `RangeError` for a pattern without a year, month and day, or an unknown zone.
 */
export function compileTimeFormat(pattern: string, zone: string): (text: string) => number {
  const parts = splitPattern(pattern);
  const has = (...letters: string[]): boolean =>
    parts.some((part) => letters.includes(part.letters?.[0] ?? ''));
  if (!has('y') || !(has('D') || (has('M') && has('d')))) {
    throw new RangeError(
      `the pattern ${JSON.stringify(pattern)} has to have a year (yyyy), a month (MM) and a day (dd)`,
    );
  }
  const toUtc = parts.some(isOffset) ? (timeMs: number) => timeMs : clockOf(zone);
  const slow = parseWithLuxon(parts, pattern);
  const fast = parseFixedDigits(parts);
  if (fast === null) return (text) => toUtc(slow(text));
  return (text) => {
    const timeMs = fast(text);
    return toUtc(Number.isNaN(timeMs) ? slow(text) : timeMs);
  };
}

/** Writes milliseconds since 1970 UTC in a pattern, on the clocks of `zone` (IANA name). Throws as above. */
export function compileTimeWriter(pattern: string, zone: string): (timeMs: number) => string {
  const parts = splitPattern(pattern);
  const plain = luxonPattern(parts, false);
  const zulu = luxonPattern(parts, true);
  const known = zoneOf(zone);
  return (timeMs) => {
    const time = DateTime.fromMillis(Math.floor(timeMs), { zone: known, ...LOCALE });
    if (!time.isValid) throw new RangeError(`${timeMs} is not a time in milliseconds since 1970`);
    return time.toFormat(time.offset === 0 ? zulu : plain);
  };
}

function parseWithLuxon(parts: readonly PatternPart[], pattern: string): (text: string) => number {
  const options = { zone: 'utc', ...LOCALE } as const;
  const patterns = [luxonPattern(parts, false)];
  if (parts.some(mayBeZulu)) patterns.push(luxonPattern(parts, true));
  const parsers = patterns.map((written) => DateTime.buildFormatParser(written, LOCALE));
  return (text) => {
    let reason: string | null = null;
    for (const parser of parsers) {
      const time = fromParser(text, parser, options);
      if (time.isValid) return time.toMillis();
      reason ??= time.invalidReason === 'unparsable' ? null : time.invalidExplanation;
    }
    throw new RangeError(
      `${JSON.stringify(text)} is not a time written ${pattern}${reason === null ? '' : `: ${reason}`}`,
    );
  };
}

function fromParser(
  text: string,
  parser: ReturnType<typeof DateTime.buildFormatParser>,
  options: { readonly zone: 'utc'; readonly locale: string },
): DateTime {
  try {
    return DateTime.fromFormatParser(text, parser, options);
  } catch (error) {
    // luxon throws where the text contradicts itself.
    return DateTime.invalid('contradiction', (error as Error).message);
  }
}

type Slot = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction';
const SLOTS: Readonly<Record<string, Slot>> = {
  yyyy: 'year',
  MM: 'month',
  dd: 'day',
  HH: 'hour',
  mm: 'minute',
  ss: 'second',
  SSS: 'fraction',
};

/**
 * For patterns in which every field has its place: about ten times as fast as luxon, with the same answers. The parser
 * answers NaN for what it doesn't know or that isn't a time. Null: not such a pattern.
 */
function parseFixedDigits(parts: readonly PatternPart[]): ((text: string) => number) | null {
  const at: Record<Slot, number> = {
    year: -1,
    month: -1,
    day: -1,
    hour: -1,
    minute: -1,
    second: -1,
    fraction: -1,
  };
  const literals: { readonly at: number; readonly code: number }[] = [];
  let width = 0;
  for (const { letters, text } of parts) {
    if (text !== undefined) {
      for (let i = 0; i < text.length; i++) literals.push({ at: width + i, code: text.charCodeAt(i) });
      width += text.length;
      continue;
    }
    const slot = SLOTS[letters];
    if (slot === undefined || at[slot] !== -1) return null;
    at[slot] = width;
    width += letters.length;
  }

  return (text) => {
    if (text.length !== width) return Number.NaN;
    for (const literal of literals) {
      if (text.charCodeAt(literal.at) !== literal.code) return Number.NaN;
    }
    const year = digits(text, at.year, 4);
    const month = digits(text, at.month, 2);
    const day = digits(text, at.day, 2);
    if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month - 1))) return Number.NaN;
    const hour = at.hour < 0 ? 0 : digits(text, at.hour, 2);
    const minute = at.minute < 0 ? 0 : digits(text, at.minute, 2);
    const second = at.second < 0 ? 0 : digits(text, at.second, 2);
    if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
    const fraction = at.fraction < 0 ? 0 : digits(text, at.fraction, 3);
    return (
      (((daysFrom1970(year, month - 1, day) * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + fraction
    );
  };
}

function digits(text: string, at: number, count: number): number {
  let number = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

function zoneOf(zone: string): IANAZone {
  if (!IANAZone.isValidZone(zone)) {
    throw new RangeError(
      `${JSON.stringify(zone)} is not a time zone: use UTC or an IANA name such as Europe/Berlin`,
    );
  }
  return IANAZone.create(zone);
}

/** From what a zone's clock shows (as if it were UTC) to UTC, both in milliseconds since 1970. */
function clockOf(zone: string): (shownMs: number) => number {
  if (zone === 'UTC') return (shownMs) => shownMs;
  const known = zoneOf(zone);
  const offsetMs = (timeMs: number): number => known.offset(timeMs) * 60_000;
  // By day: the offset all day long, or null where it changes thereabouts.
  const remembered = new Map<number, number | null>();

  return (shownMs) => {
    const day = Math.floor(shownMs / DAY_MS);
    let allDay = remembered.get(day);
    if (allDay === undefined) {
      const before = offsetMs((day - 1) * DAY_MS);
      allDay = before === offsetMs((day + 2) * DAY_MS) ? before : null;
      if (remembered.size === REMEMBERED_DAYS_MAX) remembered.clear();
      remembered.set(day, allDay);
    }
    return allDay === null ? nearChange(shownMs, offsetMs) : shownMs - allDay;
  };
}

function nearChange(shownMs: number, offsetMs: (timeMs: number) => number): number {
  const before = offsetMs(shownMs - DAY_MS);
  const after = offsetMs(shownMs + DAY_MS);
  const early = shownMs - before;
  if (offsetMs(early) === before) return early;
  const late = shownMs - after;
  // Skipped by the clock: neither fits.
  return offsetMs(late) === after ? late : early;
}
