import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AggregateKind } from './aggregate-kind.ts';
import { aggregates } from './aggregates.ts';

const anything = fc.oneof(
  fc.double(),
  fc.constantFrom(
    -0,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    5e-324,
    -Number.MAX_VALUE,
  ),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(null, undefined, 'text', true),
);

function named(name: string): AggregateKind {
  return aggregates.find((kind) => kind.name === name)!;
}

function fold(kind: AggregateKind, values: readonly unknown[], from = kind.create([])): unknown {
  return values.reduce((accumulator, value) => kind.add(accumulator, value), from);
}

const resultOf = (name: string, values: readonly unknown[]) => named(name).result(fold(named(name), values));

test('names are unique', () => {
  expect(new Set(aggregates.map(({ name }) => name)).size).toBe(aggregates.length);
});

for (const kind of aggregates) {
  test(`${kind.name}: an accumulator saved as JSON at any point goes on as if it had not been`, () => {
    fc.assert(
      fc.property(fc.array(anything), fc.array(anything), (before, after) => {
        const saved = JSON.parse(JSON.stringify(fold(kind, before)));
        const restored = fold(kind, after, saved);
        const whole = fold(kind, after, fold(kind, before));
        expect(restored).toStrictEqual(whole);
        expect(kind.result(restored)).toBe(kind.result(whole));
      }),
    );
  });

  test(`${kind.name}: merging changes neither lane and survives JSON too`, () => {
    fc.assert(
      fc.property(fc.array(anything), fc.array(anything), (left, right) => {
        const lanes = [fold(kind, left), fold(kind, right)] as const;
        const text = JSON.stringify(lanes);
        const merged = kind.merge(...lanes);
        expect(JSON.stringify(lanes)).toBe(text);
        expect(JSON.parse(JSON.stringify(merged))).toStrictEqual(merged);
        kind.add(merged, 1);
        expect(JSON.stringify(lanes)).toBe(text);
      }),
    );
  });

  test(`${kind.name}: an empty lane adds nothing to another`, () => {
    fc.assert(
      fc.property(fc.array(anything), (values) => {
        const empty = kind.create([]);
        const lane = fold(kind, values);
        expect(kind.result(kind.merge(empty, lane))).toBe(kind.result(lane));
        expect(kind.result(kind.merge(lane, empty))).toBe(kind.result(lane));
      }),
    );
  });
}

test('sums and means of integers are exact in any order and over any lanes', () => {
  const integers = fc.array(fc.maxSafeInteger(), { maxLength: 200 });
  fc.assert(
    fc.property(integers, integers, (left, right) => {
      const sum = named('sum');
      const exact = Number([...left, ...right].reduce((total, value) => total + BigInt(value), 0n));
      expect(sum.result(fold(sum, [...left, ...right]))).toBe(exact + 0);
      expect(sum.result(sum.merge(fold(sum, left), fold(sum, right)))).toBe(exact + 0);
    }),
  );
});

test('amounts with cents add up as on paper', () => {
  expect(resultOf('sum', new Array(10).fill(0.1))).toBe(1);
  expect(resultOf('sum', [1e16, 1, -1e16])).toBe(1);
  expect(resultOf('avg', new Array(10).fill(0.1))).toBe(0.1);
});

test('64-bit integers are not rounded before they are summed', () => {
  expect(resultOf('sum', [2n ** 53n + 1n, -(2n ** 53n)])).toBe(1);
});

test('nulls and numbers that are not finite leave all but count as they were', () => {
  const values = [null, Number.NaN, 3, Number.POSITIVE_INFINITY, 5, undefined, 'x'];
  expect(['count', 'sum', 'avg', 'min', 'max'].map((name) => resultOf(name, values))).toEqual([
    7, 8, 4, 3, 5,
  ]);
});

test('without values a sum is 0; a mean, a minimum and a maximum are null', () => {
  expect(['count', 'sum', 'avg', 'min', 'max'].map((name) => resultOf(name, []))).toEqual([
    0,
    0,
    null,
    null,
    null,
  ]);
});

test('a sum too large for a double stays finite', () => {
  expect(resultOf('sum', [Number.MAX_VALUE, Number.MAX_VALUE])).toBe(Number.MAX_VALUE);
  expect(resultOf('sum', [-Number.MAX_VALUE, -Number.MAX_VALUE])).toBe(-Number.MAX_VALUE);
});

test('min and max of values on both sides of 0', () => {
  expect(resultOf('min', [2, -7, 3])).toBe(-7);
  expect(resultOf('max', [-2, -7, -3])).toBe(-2);
});
