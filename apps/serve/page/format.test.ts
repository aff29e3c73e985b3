import { expect, test } from '@jest/globals';
import { bytesText, durationText, latencyText, rateText, timeText, valueText } from './format.js';

test.each([
  [0, '0'],
  [1234567.891, '1,234,567.9'],
  [12.345, '12.35'],
  [-8, '-8'],
  [0.00012345, '0.000123'],
  ['DFW', 'DFW'],
  [null, '–'],
])('value %p is %p', (value, text) => expect(valueText(value)).toBe(text));

test.each([
  [0, '0'],
  [3.14, '3.1'],
  [12_430.6, '12,431'],
])('rate %p is %p', (rate, text) => expect(rateText(rate)).toBe(text));

test.each([
  [0.4, '< 1 ms'],
  [12.4, '12 ms'],
  [1_240, '1.2 s'],
  [90_000, '1 min 30 s'],
])('latency %p is %p', (ms, text) => expect(latencyText(ms)).toBe(text));

test.each([
  [999, '999 ms'],
  [59_999, '59 s'],
  [3 * 3_600_000 + 14 * 60_000, '3 h 14 min'],
  [2 * 86_400_000, '2 d'],
  [9_450 * 86_400_000, '9,450 d'],
  [-5, '0 ms'],
])('duration %p is %p', (ms, text) => expect(durationText(ms)).toBe(text));

test.each([
  [512, '512 B'],
  [128 * 1024 ** 2, '128 MiB'],
  [1.5 * 1024 ** 3, '1.5 GiB'],
])('%p bytes are %p', (bytes, text) => expect(bytesText(bytes)).toBe(text));

test('a time leaves out what goes without saying', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  const text = (iso: string) => timeText(Date.parse(iso), now);
  expect(text('2026-03-01T10:05:07Z')).toBe('10:05:07');
  expect(text('2001-01-03T10:05:07Z')).toBe('2001-01-03 10:05:07');
  expect(text('2001-01-03T10:05:00Z')).toBe('2001-01-03 10:05');
  expect(text('2001-01-03T00:00:00Z')).toBe('2001-01-03');
  expect(timeText(1e300, now)).toContain('1e+300');
});
