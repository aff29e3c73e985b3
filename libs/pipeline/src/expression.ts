import { compileNode } from './expression/compile-node.ts';
import type { Run, UserFunctions } from './expression/context.ts';
import { type ASTNode, type ExpressionFault, parseExpression } from './expression/parse.ts';
import type { Type } from './expression/type.ts';

export type { ExpressionFault } from './expression/parse.ts';

/** What an expression may refer to. */
export interface ExpressionScope {
  readonly variables: ReadonlyMap<string, Type>;
  readonly functions: UserFunctions;
}

/** A type-checked expression. */
export interface CompiledExpression {
  readonly text: string;
  readonly type: Type;
  /** Throws `ExpressionError`, never anything else. */
  readonly run: Run;
  /** As `run`, but a bare path to a 64-bit integer beyond 2^53 gives the bigint. */
  readonly exact: Run;
  readonly node: ASTNode;
  /** The value, where it is a literal. */
  readonly constant: { readonly value: unknown } | null;
  /** Top-level fields read of each variable; null: the variable as a whole. */
  readonly used: ReadonlyMap<string, ReadonlySet<string> | null>;
}

/** Parses and type-checks CEL text in Millrace's dialect (docs/expressions.md). Gives all faults that it finds. */
export function compileExpression(
  text: string,
  scope: ExpressionScope,
): CompiledExpression | readonly ExpressionFault[] {
  const node = parseExpression(text);
  return 'code' in node ? [node] : compileTree(text, node, scope);
}

/** A part of an expression that has been parsed: `node` belongs to `text`. */
export function compileTree(
  text: string,
  node: ASTNode,
  scope: ExpressionScope,
): CompiledExpression | readonly ExpressionFault[] {
  const faults: ExpressionFault[] = [];
  const used = new Map<string, Set<string>>();
  const whole = compileNode(node, {
    text,
    variables: scope.variables,
    functions: scope.functions,
    cells: new Map(),
    present: new Set(),
    faults,
    used,
    compile: compileNode,
  });
  if (faults.length > 0) return faults;
  return {
    text,
    type: whole.type,
    run: whole.run,
    exact: whole.exact ?? whole.run,
    node,
    constant: whole.constant,
    used: new Map([...used].map(([name, fields]) => [name, fields.has('*') ? null : fields])),
  };
}
