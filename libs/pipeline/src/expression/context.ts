import { ExpressionError, type ExpressionReason } from '../expression-error.ts';
import type { Scope } from '../plan.ts';
import type { ASTNode, ExpressionFault } from './parse.ts';
import type { Type } from './type.ts';

export type Run = (scope: Scope) => unknown;

/** A part of an expression, type-checked and ready to run. */
export interface Part {
  readonly type: Type;
  readonly run: Run;
  readonly node: ASTNode;
  /** Its source text, for messages. */
  readonly text: string;
  /** Set when it is a path from a variable: `event.merchant.risk`. */
  readonly path: string | null;
  /** Paths only: the value as it is, 64-bit integers exact. */
  readonly exact: Run | null;
  /** Literals only. */
  readonly constant: { readonly value: unknown } | null;
}

/** The value of a macro's variable; the macro sets it before it runs its body. */
export interface Cell {
  readonly type: Type;
  value: unknown;
}

export type UserFunctions = Readonly<Record<string, unknown>>;

/** What an expression may refer to, and what was found while compiling it. */
export interface Context {
  readonly text: string;
  readonly variables: ReadonlyMap<string, Type>;
  readonly functions: UserFunctions;
  readonly cells: ReadonlyMap<string, Cell>;
  /** Paths that can't be null here, because a condition to the left said so. */
  readonly present: ReadonlySet<string>;
  readonly faults: ExpressionFault[];
  /** First segments read of each variable; `*` when the variable is used as a whole. */
  readonly used: Map<string, Set<string>>;
  /** Compiles a part of a part; here, so that the files of the language need not import each other in a circle. */
  readonly compile: (node: ASTNode, context: Context) => Part;
}

export function fault(
  context: Context,
  node: { readonly start: number; readonly end: number },
  code: string,
  message: string,
  hint: string | null = null,
): void {
  context.faults.push({ start: node.start, end: node.end, code, message, hint });
}

export function part(context: Context, node: ASTNode, type: Type, run: Run, more?: Partial<Part>): Part {
  const text = context.text.slice(node.start, node.end);
  return { type, run, node, text, path: null, exact: null, constant: null, ...more };
}

export function fail(context: Context, reason: ExpressionReason, message: string, cause?: unknown): never {
  throw new ExpressionError(reason, message, context.text, cause === undefined ? undefined : { cause });
}

const MAX_SHOWN = 40;

/** A value as a message shows it: short, and never a stack of objects. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') {
    return value.length > MAX_SHOWN ? `"${value.slice(0, MAX_SHOWN)}…"` : JSON.stringify(value);
  }
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Uint8Array) return 'bytes';
  return typeof value === 'object' ? 'a record' : String(value);
}
