import type { Kind, Type } from './type.ts';

/** A function of the language. `call` gets values of the kinds it takes; it throws RangeError for bad text. */
export interface Builtin {
  /** For the editor and for messages: `(text, pattern, zone), such as …`. */
  readonly usage: string;
  /** The kinds of each argument; of a method, the first is what stands before the dot. */
  readonly takes: readonly (readonly Kind[])[];
  /** How many of them are needed. Default: all. */
  readonly least?: number;
  /** Kinds of further arguments. */
  readonly rest?: readonly Kind[];
  readonly returns: Type;
  readonly call: (...values: never[]) => unknown;
  /**
   * Makes the call from the arguments that are literals (undefined where one is not), or null to use `call`.
   * Throws what is wrong with a literal.
   */
  readonly prepare?: (literals: readonly unknown[]) => ((...values: never[]) => unknown) | null;
}
