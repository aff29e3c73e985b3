import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { compileTimeFormat, compileTimeWriter } from './time-format.ts';

const parse = (text: string, pattern: string, zone = 'UTC') => compileTimeFormat(pattern, zone)(text);
const iso = (ms: number) => new Date(ms).toISOString();

test.each([
  ['2001/03/04 10:05', 'yyyy/MM/dd HH:mm', '2001-03-04T10:05:00.000Z'],
  ['20010304', 'yyyyMMdd', '2001-03-04T00:00:00.000Z'],
  ['2001-03-04T10:05:06.789', "yyyy-MM-dd'T'HH:mm:ss.SSS", '2001-03-04T10:05:06.789Z'],
  ['2001-03-04T10:05:06+02:00', "yyyy-MM-dd'T'HH:mm:ssXXX", '2001-03-04T08:05:06.000Z'],
  ['2001-03-04T10:05:06Z', "yyyy-MM-dd'T'HH:mm:ssXXX", '2001-03-04T10:05:06.000Z'],
  ['2001-03-04 10:05 -0330', 'yyyy-MM-dd HH:mm Z', '2001-03-04T13:35:00.000Z'],
  ['4 Mar 2001 10:05 PM', 'd MMM yyyy h:mm a', '2001-03-04T22:05:00.000Z'],
  ['Sunday, March 4, 2001', 'EEEE, MMMM d, yyyy', '2001-03-04T00:00:00.000Z'],
  ['2001-063', 'yyyy-DDD', '2001-03-04T00:00:00.000Z'],
  ['3/4/01', 'M/d/yy', '2001-03-04T00:00:00.000Z'],
  ["4 o'clock on 2001-03-04", "H 'o''clock on' yyyy-MM-dd", '2001-03-04T04:00:00.000Z'],
  ['2001-03-04 24:00', 'yyyy-MM-dd HH:mm', '2001-03-05T00:00:00.000Z'],
])('%s as %s is %s', (text, pattern, expected) => {
  expect(iso(parse(text, pattern))).toBe(expected);
});

test.each([
  ['2001/13/04', 'yyyy/MM/dd', '"2001/13/04" is not a time written yyyy/MM/dd: you specified 13'],
  ['2001/02/29', 'yyyy/MM/dd', '"2001/02/29" is not a time written yyyy/MM/dd: you specified 29'],
  ['2001/2/3', 'yyyy/MM/dd', '"2001/2/3" is not a time written yyyy/MM/dd'],
  ['2001/02/03 ', 'yyyy/MM/dd', '"2001/02/03 " is not a time'],
  ['２００１/02/03', 'yyyy/MM/dd', 'is not a time'],
  ['2001-02-03 25:00', 'yyyy-MM-dd HH:mm', 'is not a time written yyyy-MM-dd HH:mm'],
  ['', 'yyyy/MM/dd', '"" is not a time'],
])('%p as %s is refused with text and pattern', (text, pattern, message) => {
  expect(() => parse(text, pattern)).toThrow(message);
  expect(() => parse(text, pattern)).toThrow(RangeError);
});

test.each([
  ['HH:mm', 'UTC', 'has to have a year'],
  ['yyyy-MM-dd QQ', 'UTC', 'has "QQ", which is not one of'],
  ["yyyy-MM-dd 'T", 'UTC', 'has a quote that does not end'],
  ['yyyy-MM-dd', 'Mars/Base', '"Mars/Base" is not a time zone'],
])('the pattern %p in %s is refused', (pattern, zone, message) => {
  expect(() => compileTimeFormat(pattern, zone)).toThrow(message);
});

test('in every pattern of fixed digits, what is read is what luxon reads', () => {
  const patterns = ['yyyy/MM/dd HH:mm', 'yyyy-MM-dd', "dd.MM.yyyy 'at' HH:mm:ss", 'yyyyMMddHHmmssSSS'];
  const piece = fc.oneof(fc.nat({ max: 99 }), fc.constantFrom('x', '', ' 1'));
  const text = fc.tuple(fc.integer({ min: 0, max: 10_000 }), fc.array(piece, { minLength: 2, maxLength: 6 }));
  const written = fc.oneof(
    fc
      .integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 })
      .map((ms) => (pattern: string) => DateTime.fromMillis(ms, { zone: 'utc' }).toFormat(pattern)),
    text.map(([year, rest]) => (pattern: string) => {
      let i = 0;
      return pattern
        .replaceAll("'", '')
        .replace(/yyyy|MM|dd|HH|mm|ss|SSS/g, (letters) =>
          String(letters === 'yyyy' ? year : rest[i++ % rest.length]).padStart(letters.length, '0'),
        );
    }),
  );
  for (const pattern of patterns) {
    const ours = compileTimeFormat(pattern, 'UTC');
    fc.assert(
      fc.property(written, (write) => {
        const luxon = DateTime.fromFormat(write(pattern), pattern, { zone: 'utc', locale: 'en-US' });
        if (luxon.isValid) expect(ours(write(pattern))).toBe(luxon.toMillis());
        else expect(() => ours(write(pattern))).toThrow(RangeError);
      }),
    );
  }
});

test('clocks of a zone: a time shown twice is the first, a time skipped is as much later', () => {
  const berlin = (text: string) => iso(parse(text, 'yyyy-MM-dd HH:mm', 'Europe/Berlin'));
  expect(berlin('2024-01-15 12:00')).toBe('2024-01-15T11:00:00.000Z');
  expect(berlin('2024-07-15 12:00')).toBe('2024-07-15T10:00:00.000Z');
  // 03:00 follows 01:59 on 2024-03-31, and 02:00 to 02:59 comes twice on 2024-10-27.
  expect(berlin('2024-03-31 01:59')).toBe('2024-03-31T00:59:00.000Z');
  expect(berlin('2024-03-31 02:30')).toBe('2024-03-31T01:30:00.000Z');
  expect(berlin('2024-03-31 03:00')).toBe('2024-03-31T01:00:00.000Z');
  expect(berlin('2024-10-27 02:30')).toBe('2024-10-27T00:30:00.000Z');
  expect(berlin('2024-10-27 03:00')).toBe('2024-10-27T02:00:00.000Z');
});

test('what a zone’s clock shows is read back as the time that it was', () => {
  const zone = fc.constantFrom(
    'UTC',
    'America/New_York',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
    'Pacific/Apia',
  );
  const pattern = 'yyyy-MM-dd HH:mm:ss.SSS';
  fc.assert(
    fc.property(zone, fc.integer({ min: 0, max: 4e12 }), (name, ms) => {
      const shown = compileTimeWriter(pattern, name)(ms);
      const back = compileTimeFormat(pattern, name)(shown);
      expect(compileTimeWriter(pattern, name)(back)).toBe(shown);
      expect(back).toBeLessThanOrEqual(ms);
      expect(compileTimeFormat(`${pattern} xxx`, name)(compileTimeWriter(`${pattern} xxx`, name)(ms))).toBe(
        ms,
      );
    }),
  );
});

test('times are written in the pattern and zone', () => {
  const write = (pattern: string, zone: string) => compileTimeWriter(pattern, zone)(983_700_306_789);
  expect(write("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", 'UTC')).toBe('2001-03-04T10:05:06.789Z');
  expect(write("yyyy-MM-dd'T'HH:mmXX", 'Asia/Kolkata')).toBe('2001-03-04T15:35+0530');
  expect(write('EEE d MMM yy, h:mm a', 'America/New_York')).toBe('Sun 4 Mar 01, 5:05 AM');
  expect(() => compileTimeWriter('yyyy', 'UTC')(Number.NaN)).toThrow('NaN is not a time');
});
