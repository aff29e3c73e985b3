const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:\d\d))?$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * RFC 3339 text (`2024-05-06T07:08:09.123Z`, `…+02:00`; seconds may be left out, a date alone is its start in UTC)
 * in milliseconds since 1970 UTC, with the microseconds as a fraction; null when it isn't such a time.
 */
export function parseRfc3339(text: string): number | null {
  const match = DATE_TIME.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction, offset] = match;
  const monthIndex = Number(month) - 1;
  if (monthIndex < 0 || monthIndex > 11 || Number(day) < 1 || Number(day) > daysIn(Number(year), monthIndex))
    return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const offsetMinutes = offset === undefined || offset.length === 1 ? 0 : minutesOf(offset);
  if (offsetMinutes === null) return null;
  const wholeSeconds =
    daysFrom1970(Number(year), monthIndex, Number(day)) * 86_400 +
    Number(hour) * 3_600 +
    (Number(minute) - offsetMinutes) * 60 +
    Number(second);
  const microseconds = fraction === undefined ? 0 : Number(fraction.padEnd(6, '0').slice(0, 6));
  return wholeSeconds * 1_000 + microseconds / 1_000;
}

/** The days of a month, 0 is January. */
export function daysIn(year: number, monthIndex: number): number {
  const leap = monthIndex === 1 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return DAYS[monthIndex]! + (leap ? 1 : 0);
}

function minutesOf(offset: string): number | null {
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(4));
  if (hours > 23 || minutes > 59) return null;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** Days of the proleptic Gregorian calendar. After Hinnant, "chrono-compatible low-level date algorithms", days_from_civil. */
export function daysFrom1970(year: number, monthIndex: number, day: number): number {
  const shifted = monthIndex < 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((monthIndex + 10) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
