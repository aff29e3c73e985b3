import type { AggregateKind } from '../aggregate-kind.ts';
import { addBigTo, addTo, type CompensatedSum, sumOf } from './compensated-sum.ts';
import { finite } from './finite.ts';

/** `sum(x)`: compensated (see `compensated-sum.ts`), 0 where there are no values. */
export const sum: AggregateKind<CompensatedSum> = {
  name: 'sum',
  summary: 'sum(x): the sum of the values; 0 when there are none',
  takes: ['double'],
  schema: 'double',
  type: 'double',
  create: () => [0, 0],
  add(accumulator, value) {
    if (typeof value === 'bigint') {
      addBigTo(accumulator, value);
    } else {
      const number = finite(value);
      if (number !== null) addTo(accumulator, number);
    }
    return accumulator;
  },
  merge: mergeSums,
  result: sumOf,
};

export function mergeSums(left: CompensatedSum, right: CompensatedSum): CompensatedSum {
  const merged: CompensatedSum = [left[0], left[1]];
  addTo(merged, right[0]);
  addTo(merged, right[1]);
  return merged;
}
