import { didYouMean } from '../faults.ts';
import { type Context, fail, fault, type Part, part, type Run, shown } from './context.ts';
import { equals } from './equals.ts';
import type { ASTNode } from './parse.ts';
import { BOOL, DOUBLE, DYN, type Kind, nameOf, STRING, type Type, unify } from './type.ts';

/** A fault unless the operand is of one of these kinds, and can't be null. */
export function demand(context: Context, operand: Part, kinds: readonly Kind[], why: string): boolean {
  const { kind, nullable } = operand.type;
  if (kind === 'dyn') return true;
  if (!kinds.includes(kind)) {
    const wanted = kinds.map(nameOf).join(' or ');
    fault(
      context,
      operand.node,
      'wrong_type',
      `${operand.text} is ${nameOf(kind)}, ${why} wants ${wanted}`,
      castHint(operand, kinds),
    );
    return false;
  }
  if (nullable) {
    fault(
      context,
      operand.node,
      'may_be_null',
      `${operand.text} may be null, ${why} wants ${nameOf(kind)}`,
      guardHint(operand),
    );
    return false;
  }
  return true;
}

function castHint(operand: Part, kinds: readonly Kind[]): string | null {
  if (kinds.includes('double') && operand.type.kind === 'string') return `write double(${operand.text})`;
  if (kinds.includes('string') && operand.type.kind === 'double') return `write string(${operand.text})`;
  return null;
}

export function guardHint(operand: Part): string {
  const fallback = operand.type.kind === 'string' ? '""' : operand.type.kind === 'bool' ? 'false' : '0';
  const instead = `coalesce(${operand.text}, ${fallback})`;
  return operand.path ? `write ${operand.text} != null && …, or ${instead}` : `write ${instead}`;
}

/** Throws what is wrong with an operand at run time. */
export function refuse(context: Context, operand: Part, value: unknown, wanted: string): never {
  if (value === null || value === undefined) {
    fail(
      context,
      'null_value',
      `${operand.text} is null in ${context.text}; guard it: ${guardHint(operand)}`,
    );
  }
  const cast = typeof value === 'string' && wanted === 'a number' ? `; write double(${operand.text})` : '';
  fail(
    context,
    'wrong_type',
    `${operand.text} is ${shown(value)} in ${context.text}, wanted ${wanted}${cast}`,
  );
}

export function numberOf(context: Context, operand: Part): (scope: never) => number {
  const { run } = operand;
  return (scope) => {
    const value = run(scope);
    return typeof value === 'number' ? value : refuse(context, operand, value, 'a number');
  };
}

export function boolOf(context: Context, operand: Part): (scope: never) => boolean {
  const { run } = operand;
  return (scope) => {
    const value = run(scope);
    return typeof value === 'boolean' ? value : refuse(context, operand, value, 'true or false');
  };
}

export function comparison(node: ASTNode, op: string, left: Part, right: Part, context: Context): Part {
  const fits =
    demand(context, left, ['double', 'string'], op) && demand(context, right, ['double', 'string'], op);
  if (fits && left.type.kind !== right.type.kind && left.type.kind !== 'dyn' && right.type.kind !== 'dyn') {
    const message = `${left.text} is ${nameOf(left.type.kind)} and ${right.text} is ${nameOf(right.type.kind)}`;
    fault(context, node, 'wrong_type', `${message}: ${op} compares like with like`);
  }
  const a = left.run;
  const b = right.run;
  const check = (x: unknown, y: unknown): void => {
    const comparable = typeof x === 'number' || typeof x === 'string';
    // Where only one side's type is known before it runs, the other one is to blame.
    if (!comparable || (typeof x !== typeof y && left.type.kind === 'dyn' && right.type.kind !== 'dyn')) {
      refuse(context, left, x, right.type.kind === 'dyn' ? 'a number or a text' : nameOf(right.type.kind));
    }
    if (typeof x !== typeof y) refuse(context, right, y, typeof x === 'string' ? 'a text' : 'a number');
  };
  return part(context, node, BOOL, comparing(op, a, b, check));
}

function comparing(op: string, a: Run, b: Run, check: (x: unknown, y: unknown) => void): Run {
  // One closure per operator, so that each call is one comparison and two type checks.
  const both = (x: unknown, y: unknown): void => {
    if (typeof x !== 'number' || typeof y !== 'number') check(x, y);
  };
  switch (op) {
    case '<':
      return (scope) => {
        const x = a(scope);
        const y = b(scope);
        both(x, y);
        return (x as number) < (y as number);
      };
    case '<=':
      return (scope) => {
        const x = a(scope);
        const y = b(scope);
        both(x, y);
        return (x as number) <= (y as number);
      };
    case '>':
      return (scope) => {
        const x = a(scope);
        const y = b(scope);
        both(x, y);
        return (x as number) > (y as number);
      };
    default:
      return (scope) => {
        const x = a(scope);
        const y = b(scope);
        both(x, y);
        return (x as number) >= (y as number);
      };
  }
}

export function equality(node: ASTNode, op: string, left: Part, right: Part, context: Context): Part {
  if (!unify(left.type, right.type)) {
    const message = `${left.text} is ${nameOf(left.type.kind)} and ${right.text} is ${nameOf(right.type.kind)}: they are never equal`;
    fault(
      context,
      node,
      'wrong_type',
      message,
      castHint(left, [right.type.kind]) ?? castHint(right, [left.type.kind]),
    );
  }
  checkSymbol(left, right, context);
  checkSymbol(right, left, context);
  const a = left.run;
  const b = right.run;
  if (op === '==') return part(context, node, BOOL, (scope) => equals(a(scope), b(scope)));
  return part(context, node, BOOL, (scope) => !equals(a(scope), b(scope)));
}

function checkSymbol(enumeration: Part, literal: Part, context: Context): void {
  const { symbols } = enumeration.type;
  const word = literal.constant?.value;
  if (!symbols || typeof word !== 'string' || symbols.includes(word)) return;
  const hint = didYouMean(word, symbols) ?? `it is one of ${symbols.join(', ')}`;
  fault(
    context,
    literal.node,
    'unknown_symbol',
    `${enumeration.text} is never ${JSON.stringify(word)}`,
    hint,
  );
}

export function arithmetic(node: ASTNode, op: string, left: Part, right: Part, context: Context): Part {
  if (op === '+' && isAddable(left, right)) return addition(node, left, right, context);
  const fits = demand(context, left, ['double'], op) && demand(context, right, ['double'], op);
  if (!fits) return part(context, node, op === '+' ? DYN : DOUBLE, () => null);
  const a = numberOf(context, left);
  const b = numberOf(context, right);
  return part(context, node, DOUBLE, calculating(op, a as never, b as never, divisor(context, right)));
}

/** Texts and lists are joined with +, and what is not known before it runs may be either. */
function isAddable(left: Part, right: Part): boolean {
  const kinds = [left.type.kind, right.type.kind];
  return kinds.includes('dyn') || (kinds[0] === kinds[1] && (kinds[0] === 'string' || kinds[0] === 'list'));
}

function addition(node: ASTNode, left: Part, right: Part, context: Context): Part {
  const kinds: Kind[] = ['double', 'string', 'list'];
  const fits = demand(context, left, kinds, '+') && demand(context, right, kinds, '+');
  const a = left.run;
  const b = right.run;
  const type = fits ? (unify(left.type, right.type) ?? DYN) : DYN;
  return part(context, node, type, (scope) => {
    const x = a(scope);
    const y = b(scope);
    if (typeof x === 'number' && typeof y === 'number') return x + y;
    if (typeof x === 'string' && typeof y === 'string') return x + y;
    if (Array.isArray(x) && Array.isArray(y)) return [...x, ...y];
    if (typeof x !== 'number' && typeof x !== 'string' && !Array.isArray(x)) {
      refuse(context, left, x, 'a number, a text or a list');
    }
    return refuse(
      context,
      right,
      y,
      typeof x === 'number' ? 'a number' : typeof x === 'string' ? 'a text' : 'a list',
    );
  });
}

/** An infinite value would travel on into sums and windows: dividing by zero is an error where it happens. */
function divisor(context: Context, operand: Part): (value: number) => number {
  return (value) =>
    value === 0
      ? fail(context, 'division_by_zero', `division by zero in ${context.text}: ${operand.text} is 0`)
      : value;
}

type Numbers = (scope: Parameters<Run>[0]) => number;

function calculating(op: string, a: Numbers, b: Numbers, notZero: (value: number) => number): Run {
  switch (op) {
    case '+':
      return (scope) => a(scope) + b(scope);
    case '-':
      return (scope) => a(scope) - b(scope);
    case '*':
      return (scope) => a(scope) * b(scope);
    case '/':
      return (scope) => a(scope) / notZero(b(scope));
    default:
      return (scope) => a(scope) % notZero(b(scope));
  }
}

export function membership(node: ASTNode, left: Part, right: Part, context: Context): Part {
  demand(context, right, ['list', 'map'], 'in');
  const item = right.type.kind === 'map' ? STRING : right.type.item;
  if (item && !unify(left.type, item)) {
    fault(
      context,
      node,
      'wrong_type',
      `${left.text} is ${nameOf(left.type.kind)}: it is never in ${right.text}`,
    );
  }
  const a = left.run;
  const constants = right.constant?.value;
  if (Array.isArray(constants) && constants.every((value) => typeof value !== 'object')) {
    const set = new Set(constants);
    return part(context, node, BOOL, (scope) => set.has(a(scope)));
  }
  const b = right.run;
  return part(context, node, BOOL, (scope) => {
    const value = a(scope);
    const holder = b(scope);
    if (Array.isArray(holder)) return holder.some((each) => equals(value, each));
    if (holder === null || typeof holder !== 'object') refuse(context, right, holder, 'a list or a map');
    return typeof value === 'string' && Object.hasOwn(holder, value);
  });
}

export function negation(node: ASTNode, operand: Part, context: Context): Part {
  demand(context, operand, ['double'], '-');
  const run = numberOf(context, operand) as Numbers;
  const type: Type = DOUBLE;
  const known = operand.constant?.value;
  if (typeof known === 'number')
    return part(context, node, type, () => -known, { constant: { value: -known } });
  return part(context, node, type, (scope) => -run(scope));
}
