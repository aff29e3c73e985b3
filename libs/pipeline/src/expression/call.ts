import { meantOrKnown } from '../faults.ts';
import type { Builtin } from './builtin.ts';
import { type Context, fail, fault, type Part, part, type Run } from './context.ts';
import { FUNCTIONS, METHODS } from './functions.ts';
import { compileMacro, isMacro } from './macro.ts';
import { demand, refuse } from './operator.ts';
import type { ASTNode } from './parse.ts';
import { segmentsOf } from './path.ts';
import { BOOL, DYN, type Kind, nameOf, nullable, present, unify } from './type.ts';
import { compileUserCall } from './user-function.ts';

export function compileCall(node: ASTNode, name: string, nodes: readonly ASTNode[], context: Context): Part {
  if (name === 'has') return has(node, nodes, context);
  if (name === 'coalesce') return coalesce(node, nodes, context);
  const operands = nodes.map((each) => context.compile(each, context));
  if (Object.hasOwn(context.functions, name)) return compileUserCall(node, name, operands, context);
  const builtin = FUNCTIONS.get(name);
  if (!builtin) {
    const known = [...Object.keys(context.functions), ...FUNCTIONS.keys(), 'has', 'coalesce'];
    const at = { start: node.start, end: node.start + name.length };
    const hint = METHODS.has(name) ? `write x.${name}(…)` : meantOrKnown(name, known);
    fault(context, at, 'unknown_function', `there is no function ${name}`, hint);
    return part(context, node, DYN, () => null);
  }
  return apply(node, name, builtin, operands, context);
}

export function compileMethod(
  node: ASTNode,
  name: string,
  receiver: ASTNode,
  nodes: readonly ASTNode[],
  context: Context,
): Part {
  const owner = context.compile(receiver, context);
  if (isMacro(name)) return compileMacro(node, name, owner, nodes, context);
  const builtin = METHODS.get(name);
  if (!builtin) {
    const at = { start: receiver.end + 1, end: receiver.end + 1 + name.length };
    const hint = FUNCTIONS.has(name) ? `write ${name}(${owner.text})` : meantOrKnown(name, METHODS.keys());
    fault(context, at, 'unknown_function', `there is no method ${name}`, hint);
    return part(context, node, DYN, () => null);
  }
  return apply(node, name, builtin, [owner, ...nodes.map((each) => context.compile(each, context))], context);
}

function apply(
  node: ASTNode,
  name: string,
  builtin: Builtin,
  operands: readonly Part[],
  context: Context,
): Part {
  const { takes, least = takes.length, rest } = builtin;
  if (operands.length < least || (operands.length > takes.length && !rest)) {
    fault(context, node, 'wrong_arguments', `${name} takes ${builtin.usage}`, null);
    return part(context, node, builtin.returns, () => null);
  }
  const kinds = operands.map((_, i) => takes[i] ?? rest ?? []);
  const fits = operands.map((operand, i) => demand(context, operand, kinds[i]!, name));
  if (!fits.every(Boolean)) return part(context, node, builtin.returns, () => null);
  const call = prepared(node, name, builtin, operands, context);
  if (!call) return part(context, node, builtin.returns, () => null);
  const values = operands.map((operand, i) => checked(operand, kinds[i]!, context));
  return part(context, node, builtin.returns, calling(call, values, name, context));
}

type Call = (...values: never[]) => unknown;

/** Patterns, zones and regular expressions are read once, and a wrong one is found before anything runs. */
function prepared(
  node: ASTNode,
  name: string,
  builtin: Builtin,
  operands: readonly Part[],
  context: Context,
): Call | null {
  if (!builtin.prepare) return builtin.call;
  try {
    return builtin.prepare(operands.map((operand) => operand.constant?.value)) ?? builtin.call;
  } catch (error) {
    fault(
      context,
      node,
      'wrong_arguments',
      `${name}: ${(error as Error).message}`,
      `${name} takes ${builtin.usage}`,
    );
    return null;
  }
}

function checked(operand: Part, kinds: readonly Kind[], context: Context): Run {
  // The exact form, so that string(event.id) keeps every digit of a 64-bit integer.
  const run = kinds.length > 1 ? (operand.exact ?? operand.run) : operand.run;
  const wanted = kinds.map(nameOf).join(' or ');
  return (scope) => {
    const value = run(scope);
    return kinds.includes(kindOf(value)) ? value : refuse(context, operand, value, wanted);
  };
}

function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return 'double';
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    default:
      if (value === null || value === undefined) return 'null';
      if (Array.isArray(value)) return 'list';
      return value instanceof Uint8Array ? 'bytes' : 'map';
  }
}

function calling(call: Call, values: readonly Run[], name: string, context: Context): Run {
  const f = call as (...args: unknown[]) => unknown;
  const [a, b, c] = values;
  // One by one: a spread costs more than most calls.
  let run: Run = (scope) => f(...values.map((value) => value(scope)));
  if (values.length === 1) run = (scope) => f(a!(scope));
  if (values.length === 2) run = (scope) => f(a!(scope), b!(scope));
  if (values.length === 3) run = (scope) => f(a!(scope), b!(scope), c!(scope));
  return (scope) => {
    try {
      return run(scope);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return fail(context, 'bad_text', `${name} in ${context.text}: ${error.message}`, error);
    }
  };
}

function has(node: ASTNode, nodes: readonly ASTNode[], context: Context): Part {
  const [target] = nodes;
  if (nodes.length !== 1 || !target || !segmentsOf(target)) {
    fault(context, node, 'wrong_arguments', 'has takes one path, such as has(event.merchant)');
    return part(context, node, BOOL, () => false);
  }
  const { run } = context.compile(target, context);
  return part(context, node, BOOL, (scope) => {
    const value = run(scope);
    return value !== null && value !== undefined;
  });
}

/** The first of its arguments that is not null. */
function coalesce(node: ASTNode, nodes: readonly ASTNode[], context: Context): Part {
  const operands = nodes.map((each) => context.compile(each, context));
  const [first, ...others] = operands;
  if (!first || others.length === 0) {
    fault(
      context,
      node,
      'wrong_arguments',
      'coalesce takes two or more values, such as coalesce(event.discount, 0)',
    );
    return part(context, node, DYN, () => null);
  }
  let type = first.type;
  for (const other of others) {
    const both = unify(type, other.type);
    if (!both) {
      const message = `${other.text} is ${nameOf(other.type.kind)}, ${first.text} is ${nameOf(type.kind)}`;
      fault(context, other.node, 'wrong_type', message);
    }
    const whole = both ?? DYN;
    type = other.type.nullable ? nullable(whole) : present(whole);
  }
  const runs = operands.map((operand) => operand.run);
  return part(context, node, type, (scope) => {
    for (const run of runs) {
      const value = run(scope);
      if (value !== null && value !== undefined) return value;
    }
    return null;
  });
}
