import type { PipelineFunction } from '../document.ts';
import { shown } from '../expression/context.ts';
import { DYN } from '../expression/type.ts';
import type { CompiledExpression } from '../expression.ts';
import { ExpressionError } from '../expression-error.ts';
import type { Expression, Scope } from '../plan.ts';
import type { Variables } from './building.ts';

/** An expression, or the user's function where one may stand. */
export interface Operand extends Omit<CompiledExpression, 'node'> {
  readonly node: CompiledExpression['node'] | null;
  readonly user: PipelineFunction | null;
}

/** A user's function as an expression: it may read everything, and what it returns is checked when it runs. */
export function userExpression(f: PipelineFunction, variables: Variables): Operand {
  const name = f.name || 'a function';
  const run: Expression<unknown> = (scope) => {
    let result: unknown;
    try {
      result = (f as (scope: Scope) => unknown)(scope);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ExpressionError('function_failed', `${name} threw: ${why}`, name, { cause: error });
    }
    if (!(result instanceof Promise)) return result === undefined ? null : result;
    result.catch(() => {});
    throw new ExpressionError('function_failed', `${name} returned a promise: it can't wait here`, name);
  };
  const used = new Map([...variables.keys()].map((variable) => [variable, null]));
  return { text: name, type: DYN, run, exact: run, node: null, constant: null, used, user: f };
}

function refuse(operand: Operand, value: unknown, wanted: string): never {
  const reason = value === null ? 'null_value' : 'wrong_type';
  throw new ExpressionError(reason, `${operand.text} is ${shown(value)}, wanted ${wanted}`, operand.text);
}

export function asBool(operand: Operand): Expression<boolean> {
  const { run } = operand;
  return (scope) => {
    const value = run(scope);
    return typeof value === 'boolean' ? value : refuse(operand, value, 'true or false');
  };
}

export function asNumber(operand: Operand): Expression<number> {
  const { run } = operand;
  return (scope) => {
    const value = run(scope);
    return typeof value === 'number' && Number.isFinite(value)
      ? value
      : refuse(operand, value, 'a finite number');
  };
}

export function asNumberOrNull(operand: Operand): Expression<number | null> {
  const number = asNumber(operand);
  const { run } = operand;
  return (scope) => {
    const value = run(scope);
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    return value === null ? null : number(scope);
  };
}

/**
 * Texts as they are, but for half a surrogate pair, which has no bytes: saved and read again it would be another
 * text. Numbers and booleans as text, 64-bit integers with every digit.
 */
export function asTextOrNull(operand: Operand): Expression<string | null> {
  const { exact } = operand;
  return (scope) => {
    const value = exact(scope);
    if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
    if (value === null) return value;
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
      return String(value);
    return refuse(operand, value, 'a text or a number');
  };
}

export function asTextOrEmpty(operand: Operand): Expression<string> {
  const text = asTextOrNull(operand);
  return (scope) => text(scope) ?? '';
}

export function asOneOf(operand: Operand, choices: readonly string[]): Expression<string> {
  const { run } = operand;
  return (scope) => {
    const value = run(scope);
    return choices.includes(value as string) ? (value as string) : refuse(operand, value, choices.join(', '));
  };
}

export function asValue(operand: Operand): Expression<unknown> {
  return operand.exact;
}
