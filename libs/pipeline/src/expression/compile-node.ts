import { compileCall, compileMethod } from './call.ts';
import { type Context, fault, type Part, part, type Run } from './context.ts';
import {
  arithmetic,
  boolOf,
  comparison,
  demand,
  equality,
  membership,
  negation,
  refuse,
} from './operator.ts';
import type { ASTNode } from './parse.ts';
import { compilePath, fieldOf, plainNumber, segmentsOf } from './path.ts';
import { provenPresent } from './present.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DYN,
  listOf,
  mapOf,
  NULL,
  nameOf,
  nullable,
  STRING,
  type Type,
  unify,
} from './type.ts';

/** Checks a node and makes it runnable, in one pass. Faults go into the context; the part is usable regardless. */
export function compileNode(node: ASTNode, context: Context): Part {
  const path = segmentsOf(node);
  if (path) return compilePath(node, path, context);
  switch (node.op) {
    case 'value':
      return literal(node, context);
    case '.':
      return field(node, compileNode(node.args[0], context), node.args[1], context);
    case '[]':
      return index(node, compileNode(node.args[0], context), compileNode(node.args[1], context), context);
    case 'call':
      return compileCall(node, node.args[0], node.args[1], context);
    case 'rcall':
      return compileMethod(node, node.args[0], node.args[1], node.args[2], context);
    case 'list':
      return list(node, node.args, context);
    case 'map':
      return map(node, node.args, context);
    case '?:':
      return ternary(node, node.args, context);
    case '&&':
    case '||':
      return logical(node, node.op, node.args, context);
    case '!_':
      return not(node, compileNode(node.args, context), context);
    case '-_':
      return negation(node, compileNode(node.args, context), context);
    case '==':
    case '!=':
    case 'in':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return binary(
        node,
        node.op,
        compileNode(node.args[0], context),
        compileNode(node.args[1], context),
        context,
      );
    default:
      fault(context, node, 'unsupported', `${node.op} is not part of the language`);
      return part(context, node, DYN, () => null);
  }
}

function binary(node: ASTNode, op: string, left: Part, right: Part, context: Context): Part {
  switch (op) {
    case '==':
    case '!=':
      return equality(node, op, left, right, context);
    case 'in':
      return membership(node, left, right, context);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(node, op, left, right, context);
    default:
      return arithmetic(node, op, left, right, context);
  }
}

function literal(node: ASTNode, context: Context): Part {
  const value = plainNumber(node.args);
  return part(context, node, literalType(value), () => value, { constant: { value } });
}

function literalType(value: unknown): Type {
  switch (typeof value) {
    case 'number':
      return DOUBLE;
    case 'string':
      return STRING;
    case 'boolean':
      return BOOL;
    default:
      return value === null ? NULL : value instanceof Uint8Array ? BYTES : DYN;
  }
}

function field(node: ASTNode, owner: Part, name: string, context: Context): Part {
  const { type, run } = owner;
  let of: Type = DYN;
  if (type.kind === 'record') {
    const found = type.fields!().get(name);
    if (!found) fault(context, node, 'unknown_field', `${owner.text} has no field ${name}`);
    of = found ?? DYN;
  } else if (type.kind === 'map') of = nullable(type.item!);
  else if (type.kind !== 'dyn') {
    fault(context, node, 'unknown_field', `${owner.text} is ${nameOf(type.kind)}, it has no fields`);
  }
  return part(context, node, type.nullable ? nullable(of) : of, (scope) =>
    plainNumber(fieldOf(run(scope), name)),
  );
}

/** A list's item from 0, or a map's value. Beyond the list's end, and without such a key: null. */
function index(node: ASTNode, owner: Part, at: Part, context: Context): Part {
  const { kind } = owner.type;
  if (kind === 'list') demand(context, at, ['double'], 'an index');
  else if (kind === 'map') demand(context, at, ['string'], 'a key');
  else if (kind !== 'dyn') {
    fault(
      context,
      owner.node,
      'wrong_type',
      `${owner.text} is ${nameOf(kind)}, only lists and maps have [ ]`,
    );
  }
  const holder = owner.run;
  const position = at.run;
  const run: Run = (scope) => {
    const value = holder(scope);
    const key = position(scope);
    if (Array.isArray(value)) return plainNumber(typeof key === 'number' ? (value[key] ?? null) : null);
    return typeof key === 'string' ? plainNumber(fieldOf(value, key)) : null;
  };
  return part(context, node, owner.type.item ? nullable(owner.type.item) : DYN, run);
}

function list(node: ASTNode, nodes: readonly ASTNode[], context: Context): Part {
  const items = nodes.map((item) => compileNode(item, context));
  const item = items
    .map((each) => each.type)
    .reduce<Type>((sum, next) => unify(sum, next) ?? DYN, items[0]?.type ?? DYN);
  if (items.every((each) => each.constant)) {
    const value = items.map((each) => each.constant!.value);
    return part(context, node, listOf(item), () => value, { constant: { value } });
  }
  const runs = items.map((each) => each.run);
  return part(context, node, listOf(item), (scope) => runs.map((run) => run(scope)));
}

function map(node: ASTNode, entries: readonly (readonly [ASTNode, ASTNode])[], context: Context): Part {
  const pairs = entries.map(
    ([key, value]) => [compileNode(key, context), compileNode(value, context)] as const,
  );
  for (const [key] of pairs) demand(context, key, ['string'], 'a key');
  const item = pairs
    .map(([, value]) => value.type)
    .reduce<Type | null>((sum, next) => sum && unify(sum, next), pairs[0]?.[1].type ?? DYN);
  return part(context, node, mapOf(item ?? DYN), (scope) =>
    Object.fromEntries(pairs.map(([key, value]) => [String(key.run(scope)), value.run(scope)])),
  );
}

function knowing(context: Context, paths: readonly string[]): Context {
  return paths.length === 0 ? context : { ...context, present: new Set([...context.present, ...paths]) };
}

function ternary(node: ASTNode, nodes: readonly [ASTNode, ASTNode, ASTNode], context: Context): Part {
  const condition = compileNode(nodes[0], context);
  demand(context, condition, ['bool'], '?:');
  const yes = compileNode(nodes[1], knowing(context, provenPresent(nodes[0], true)));
  const no = compileNode(nodes[2], knowing(context, provenPresent(nodes[0], false)));
  const type = unify(yes.type, no.type);
  if (!type) {
    const message = `${yes.text} is ${nameOf(yes.type.kind)} and ${no.text} is ${nameOf(no.type.kind)}: both sides of : must be alike`;
    fault(context, node, 'wrong_type', message);
  }
  const test = boolOf(context, condition) as (scope: unknown) => boolean;
  const then = yes.run;
  const otherwise = no.run;
  return part(context, node, type ?? DYN, (scope) => (test(scope) ? then(scope) : otherwise(scope)));
}

function logical(node: ASTNode, op: '&&' | '||', nodes: readonly [ASTNode, ASTNode], context: Context): Part {
  const left = compileNode(nodes[0], context);
  const right = compileNode(nodes[1], knowing(context, provenPresent(nodes[0], op === '&&')));
  demand(context, left, ['bool'], op);
  demand(context, right, ['bool'], op);
  const a = left.run;
  const b = right.run;
  const bool = (operand: Part, value: unknown): boolean =>
    typeof value === 'boolean' ? value : refuse(context, operand, value, 'true or false');
  // From left to right, and no further than needed: a guard on the left keeps the right from being evaluated.
  if (op === '&&') return part(context, node, BOOL, (scope) => bool(left, a(scope)) && bool(right, b(scope)));
  return part(context, node, BOOL, (scope) => bool(left, a(scope)) || bool(right, b(scope)));
}

function not(node: ASTNode, operand: Part, context: Context): Part {
  demand(context, operand, ['bool'], '!');
  const run = boolOf(context, operand) as (scope: unknown) => boolean;
  return part(context, node, BOOL, (scope) => !run(scope));
}
