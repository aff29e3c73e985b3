import type { AggregateKind } from '../aggregate-kind.ts';
import { finite } from './finite.ts';

/** `max(x)`: the largest value; null where there are none. */
export const max: AggregateKind<number | null> = {
  name: 'max',
  summary: 'max(x): the largest value; null when there are none',
  takes: ['double'],
  schema: ['null', 'double'],
  type: 'double',
  create: () => null,
  add(accumulator, value) {
    const number = finite(value);
    return number !== null && (accumulator === null || number > accumulator) ? number : accumulator;
  },
  merge: (left, right) => (left === null || (right !== null && right > left) ? right : left),
  result: (accumulator) => accumulator,
};
