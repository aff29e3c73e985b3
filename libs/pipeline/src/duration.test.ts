import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseBytes, parseDuration, parseRate } from './duration.ts';

test.each([
  ['250ms', 250],
  ['0s', 0],
  ['10s', 10_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['30d', 2_592_000_000],
])('the duration %s is %d ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  '',
  '10',
  '10 s',
  '1.5h',
  '-5s',
  '5S',
  '10sec',
  '1h30m',
  's',
  '99999999999999999d',
  'constructor',
])('the duration %p is refused by its text, with an example', (text) => {
  expect(() => parseDuration(text)).toThrow(`${JSON.stringify(text)} is not a duration: write`);
});

test('a formatted duration reads as itself, in the largest whole unit', () => {
  expect([0, 250, 90_000, 5_400_000, 86_400_000].map(formatDuration)).toEqual([
    '0s',
    '250ms',
    '90s',
    '90m',
    '1d',
  ]);
  fc.assert(fc.property(fc.nat(), (durationMs) => parseDuration(formatDuration(durationMs)) === durationMs));
});

test('rates are events per second', () => {
  expect(['500/s', '30/m', '0.5/s', '36/h'].map(parseRate)).toEqual([500, 0.5, 0.5, 0.01]);
});

test.each(['500', '0/s', '/s', '5/d', '-1/s', '1e9/s', '500 / s'])('the rate %p is refused', (text) => {
  expect(() => parseRate(text)).toThrow(`${JSON.stringify(text)} is not a rate: write`);
});

test('sizes are bytes, in powers of 1024 and of 1000', () => {
  expect(['512B', '64KiB', '5MiB', '1GiB', '5MB'].map(parseBytes)).toEqual([
    512, 65_536, 5_242_880, 1_073_741_824, 5_000_000,
  ]);
});

test.each(['5', '5mb', '1.5MiB', '5 MiB', '99999999999GiB'])('the size %p is refused', (text) => {
  expect(() => parseBytes(text)).toThrow(`${JSON.stringify(text)} is not a size: write`);
});
