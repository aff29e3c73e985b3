import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonParse } from './json-parse.ts';

test('integers beyond 2^53 keep their exact value, all else is as JSON.parse has it', () => {
  expect(jsonParse('{"a":9007199254740993,"b":[-9223372036854775808],"c":9007199254740991}')).toEqual({
    a: 9007199254740993n,
    b: [-9223372036854775808n],
    c: 9007199254740991,
  });
  expect(jsonParse('[1234567890123456.5, 1e20, 0.12345678901234566, "9007199254740993"]')).toEqual([
    1234567890123456.5,
    1e20,
    0.12345678901234566,
    '9007199254740993',
  ]);
});

test('they are found wherever they stand, and however short the text', () => {
  for (const integer of [9007199254740993n, -9007199254740993n, 2n ** 63n - 1n]) {
    for (let before = 0; before < 40; before++) {
      expect(jsonParse(`${' '.repeat(before)}${integer}`)).toBe(integer);
      expect(jsonParse(`[123456789012345,${' '.repeat(before)}${integer}]`)).toEqual([
        123456789012345,
        integer,
      ]);
    }
  }
});

test('with its integers rounded to doubles it is what JSON.parse answers', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(rounded(jsonParse(text))).toEqual(JSON.parse(text));
    }),
  );
});

test('what is not JSON throws as JSON.parse does', () => {
  expect(() => jsonParse('{"a":9007199254740993')).toThrow(SyntaxError);
  expect(() => jsonParse('')).toThrow(SyntaxError);
});

test('__proto__ is a key like any other', () => {
  const parsed = jsonParse('{"__proto__":9007199254740993}') as object;
  expect(Object.entries(parsed)).toEqual([['__proto__', 9007199254740993n]]);
});

function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(rounded);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}
