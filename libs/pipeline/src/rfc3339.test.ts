import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRfc3339 } from './rfc3339.ts';

test('every time that JavaScript writes is read as it was, from year 0 to 9999', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }), (time) => {
      expect(parseRfc3339(new Date(time).toISOString())).toBe(time);
    }),
  );
});

test.each([
  ['1970-01-01T00:00:00.000001Z', 0.001],
  ['1970-01-01T00:00:00.123456789Z', 123.456],
  ['1970-01-01t00:00z', 0],
  ['1970-01-01 01:30:00+01:30', 0],
  ['1969-12-31T23:00:00-01:00', 0],
  ['1970-01-02', 86_400_000],
  ['2000-02-29', 951_782_400_000],
])('%s is %d', (text, expected) => {
  expect(parseRfc3339(text)).toBe(expected);
});

test.each([
  '1970-01-01T00:00:00',
  '1970-13-01',
  '1970-00-01',
  '1900-02-29',
  '2001-04-31T00:00:00Z',
  '1970-01-00',
  '1970-01-01T24:00:00Z',
  '1970-01-01T00:60:00Z',
  '1970-01-01T00:00:60Z',
  '1970-01-01T00:00:00+24:00',
  '1970-1-1',
  ' 1970-01-01',
  '',
])('%p is not such a time', (text) => {
  expect(parseRfc3339(text)).toBeNull();
});
