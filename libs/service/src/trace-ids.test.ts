import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSampledAt, sampledTraceId } from './trace-ids.ts';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''));

test('an id that is made for a rate is sampled at it and above', () => {
  fc.assert(
    fc.property(hex(32), fc.double({ min: 1e-6, max: 1, noNaN: true }), (random, rate) => {
      const id = sampledTraceId(rate, random);
      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(isSampledAt(id, rate)).toBe(true);
      expect(isSampledAt(id, Math.min(1, rate * 2))).toBe(true);
    }),
  );
});

test('by its last 56 bits, as the specification has it', () => {
  const id = (last: string) => `${'0'.repeat(17)}1${last}`;
  expect(isSampledAt(id('e6666666666670'), 0.1)).toBe(true);
  expect(isSampledAt(id('e6666666666660'), 0.1)).toBe(false);
  expect(isSampledAt(id('00000000000000'), 1)).toBe(true);
});

test('at the rate 0 ids stay as they are', () => {
  const id = '4bf92f3577b34da6a3ce929d0e0e4736';
  expect(sampledTraceId(0, id)).toBe(id);
});
