import type { AvroSchema } from './plan.ts';

/**
 * One aggregate function (`count`, `sum`, …): what lint needs to type it and the pure steps to compute it.
 * An accumulator is plain JSON data (finite numbers, strings, booleans, null, arrays), so that a saved and
 * restored one behaves bit for bit like the one that was saved.
 */
export interface AggregateKind<A = unknown> {
  readonly name: string;
  /** One line for `--help` and the editor. */
  readonly summary: string;
  /** Types of the arguments: the value first, then constants. */
  readonly takes: readonly ('double' | 'string' | 'any')[];
  /** The result as a field of the window's Avro record; nullable where an empty window has no value. */
  readonly schema: AvroSchema;
  /** The result's type in expressions. */
  readonly type: 'double' | 'string';
  create(parameters: readonly number[]): A;
  /** Returns the accumulator with `value` folded in; may change and return the one it was given. */
  add(accumulator: A, value: unknown): A;
  /** Sums two lanes' accumulators into a new one; neither argument is changed. */
  merge(left: A, right: A): A;
  result(accumulator: A): number | string | null;
}
