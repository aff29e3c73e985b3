import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { after, integerAt, integerBytes, key } from './keys.ts';

const SPACE = 9;
/** Texts that begin alike, hold zeros and come near the length at which they are cut. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('\0', 'a', 'b', '\u00ff', '☂'), maxLength: 6 }),
  fc.integer({ min: 250, max: 260 }).map((length) => 'x'.repeat(length)),
);
const integer = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger());

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

test('keys sort as their parts do', () => {
  const short = text.filter((value) => value.length < 250);
  fc.assert(
    fc.property(short, integer, short, integer, (text1, number1, text2, number2) => {
      const order = byBytes(text1, text2) || number1 - number2;
      const one = key(SPACE).text(text1).integer(number1).end();
      const other = key(SPACE).text(text2).integer(number2).end();
      expect(Math.sign(Buffer.compare(one, other))).toBe(Math.sign(order));
    }),
    { numRuns: 2_000 },
  );
});

test('different parts give different keys, long ones too', () => {
  fc.assert(
    fc.property(fc.tuple(text, text), fc.tuple(text, text), (a, b) => {
      const keyOf = ([first, second]: [string, string]) => key(SPACE).text(first).text(second).end();
      expect(keyOf(a).equals(keyOf(b))).toBe(a[0] === b[0] && a[1] === b[1]);
    }),
    { numRuns: 2_000 },
  );
  const long = 'x'.repeat(5_000);
  expect(
    key(SPACE)
      .text(`${long}1`)
      .end()
      .equals(key(SPACE).text(`${long}2`).end()),
  ).toBe(false);
});

test('what begins with a prefix, and only that, lies before the end of its range', () => {
  fc.assert(
    fc.property(text, text, integer, (first, other, number) => {
      const prefix = key(SPACE).text(first).end();
      const found = key(SPACE).text(other).integer(number).end();
      const within = Buffer.compare(prefix, found) <= 0 && Buffer.compare(found, after(prefix)) < 0;
      expect(within).toBe(first === other);
    }),
  );
});

test('a number comes back', () => {
  fc.assert(fc.property(integer, (number) => expect(integerAt(integerBytes(number), 0)).toBe(number)));
});
