import type { AggregateKind } from '../aggregate-kind.ts';

/** `count()`: how many events, whatever is in them. */
export const count: AggregateKind<number> = {
  name: 'count',
  summary: 'count(): how many events',
  takes: [],
  schema: 'long',
  type: 'double',
  create: () => 0,
  add: (accumulator) => accumulator + 1,
  merge: (left, right) => left + right,
  result: (accumulator) => accumulator,
};
