import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { tumbling } from './tumbling.ts';

const MINUTE = 60_000;

test('an event belongs to the one window around its time; ends are exclusive', () => {
  const window = tumbling.configure('1m');
  expect(window.longestMs).toBe(MINUTE);
  expect([0, 1, MINUTE - 1].map((time) => window.starts(time)[0])).toEqual([0, 0, 0]);
  expect(window.starts(MINUTE)).toEqual([MINUTE]);
  expect(window.end(MINUTE)).toBe(2 * MINUTE);
});

test('before 1970 windows are aligned as after it', () => {
  const window = tumbling.configure('1m');
  expect([-1, -MINUTE, -MINUTE - 1].map((time) => window.starts(time)[0])).toEqual([
    -MINUTE,
    -MINUTE,
    -2 * MINUTE,
  ]);
  expect(Object.is(window.starts(-0)[0], 0)).toBe(true);
});

test('every time lies in exactly one window, which starts at a multiple of the size', () => {
  const far = 8_640_000_000_000_000;
  fc.assert(
    fc.property(fc.integer({ min: -far, max: far }), fc.integer({ min: 1, max: 1e12 }), (time, size) => {
      const window = tumbling.configure(`${size}ms`);
      const starts = window.starts(time);
      const start = starts[0]!;
      return (
        starts.length === 1 &&
        start <= time &&
        time < window.end(start) &&
        BigInt(start) % BigInt(size) === 0n
      );
    }),
  );
});

test('an answer stays what it was when the next is asked for', () => {
  const window = tumbling.configure('1m');
  const first = window.starts(5);
  window.starts(10 * MINUTE);
  expect(first).toEqual([0]);
});

test('a size of nothing, or without a unit, is refused', () => {
  expect(() => tumbling.configure('0s')).toThrow('longer than 0');
  expect(() => tumbling.configure('60')).toThrow('"60" is not a duration');
});
