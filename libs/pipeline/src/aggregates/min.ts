import type { AggregateKind } from '../aggregate-kind.ts';
import { finite } from './finite.ts';

/** `min(x)`: the smallest value; null where there are none. */
export const min: AggregateKind<number | null> = {
  name: 'min',
  summary: 'min(x): the smallest value; null when there are none',
  takes: ['double'],
  schema: ['null', 'double'],
  type: 'double',
  create: () => null,
  add(accumulator, value) {
    const number = finite(value);
    return number !== null && (accumulator === null || number < accumulator) ? number : accumulator;
  },
  merge: (left, right) => (left === null || (right !== null && right < left) ? right : left),
  result: (accumulator) => accumulator,
};
