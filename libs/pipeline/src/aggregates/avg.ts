import type { AggregateKind } from '../aggregate-kind.ts';
import type { CompensatedSum } from './compensated-sum.ts';
import { finite } from './finite.ts';
import { mergeSums, sum } from './sum.ts';

interface Mean {
  total: CompensatedSum;
  count: number;
}

/** `avg(x)`: the compensated sum over the count; null where there are no values. */
export const avg: AggregateKind<Mean> = {
  name: 'avg',
  summary: 'avg(x): the mean of the values; null when there are none',
  takes: ['double'],
  schema: ['null', 'double'],
  type: 'double',
  create: () => ({ total: [0, 0], count: 0 }),
  add(accumulator, value) {
    if (finite(value) !== null) {
      sum.add(accumulator.total, value);
      accumulator.count += 1;
    }
    return accumulator;
  },
  merge: (left, right) => ({ total: mergeSums(left.total, right.total), count: left.count + right.count }),
  result: ({ total, count }) => (count === 0 ? null : (sum.result(total) as number) / count),
};
