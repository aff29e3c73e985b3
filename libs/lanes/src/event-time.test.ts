import { expect, test } from '@jest/globals';
import { EVENT_TIME_MAX, EVENT_TIME_MIN, eventTimeOf } from './event-time.ts';
import { PREFIX_BYTES_MAX, writePrefix } from './lane-fields.ts';

test('a time is carried in whole milliseconds', () => {
  expect(eventTimeOf(1_700_000_000.123 * 1_000)).toBe(1_700_000_000_123);
  expect(eventTimeOf(1.5)).toBe(2);
  expect(eventTimeOf(-1.4)).toBe(-1);
});

test('what a record can not carry is no time', () => {
  const buffer = new Uint8Array(PREFIX_BYTES_MAX);
  for (const time of [EVENT_TIME_MIN, EVENT_TIME_MAX]) {
    expect(eventTimeOf(time)).toBe(time);
    writePrefix(buffer, 1, [time]);
  }
  for (const time of [EVENT_TIME_MIN - 1, EVENT_TIME_MAX + 1, -1e300, 1e300, Number.NaN, -Infinity]) {
    expect(eventTimeOf(time)).toBeNull();
  }
});
