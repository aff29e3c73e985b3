import { type Context, fail, fault, type Part, part } from './context.ts';
import type { ASTNode } from './parse.ts';
import { DYN } from './type.ts';

/** A call of one of the user's own functions. What it returns is checked where it is used. */
export function compileUserCall(
  node: ASTNode,
  name: string,
  operands: readonly Part[],
  context: Context,
): Part {
  const f = context.functions[name];
  if (typeof f !== 'function') {
    fault(context, node, 'unknown_function', `${name} of functions is not a function`);
    return part(context, node, DYN, () => null);
  }
  if (operands.length < f.length) {
    const message = `${name} takes ${f.length} argument${f.length === 1 ? '' : 's'}, not ${operands.length}`;
    fault(context, node, 'wrong_arguments', message);
  }
  const runs = operands.map((operand) => operand.run);
  return part(context, node, DYN, (scope) =>
    callUser(
      context,
      name,
      f as UserFunction,
      runs.map((run) => run(scope)),
    ),
  );
}

type UserFunction = (...values: unknown[]) => unknown;

function callUser(context: Context, name: string, f: UserFunction, values: readonly unknown[]): unknown {
  let result: unknown;
  try {
    result = f(...values);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(context, 'function_failed', `${name} threw in ${context.text}: ${why}`, error);
  }
  if (result instanceof Promise) {
    result.catch(() => {});
    return fail(
      context,
      'function_failed',
      `${name} returned a promise: functions in expressions can't wait`,
    );
  }
  return result === undefined ? null : result;
}
