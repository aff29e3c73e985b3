import { type Cell, type Context, fault, type Part, part } from './context.ts';
import { demand, refuse } from './operator.ts';
import type { ASTNode } from './parse.ts';
import { plainNumber } from './path.ts';
import { BOOL, DYN, listOf, STRING, type Type } from './type.ts';

const MACROS = new Set(['exists', 'all', 'exists_one', 'filter', 'map']);

export const isMacro = (name: string): boolean => MACROS.has(name);

type Test = (item: unknown, scope: never) => unknown;

/** `list.exists(x, …)` and its like: a variable that takes each item in turn (of a map: each key). */
export function compileMacro(
  node: ASTNode,
  name: string,
  owner: Part,
  nodes: readonly ASTNode[],
  context: Context,
): Part {
  demand(context, owner, ['list', 'map'], name);
  const [variable, body, transform] = nodes;
  if (variable?.op !== 'id' || !body || (transform && name !== 'map') || nodes.length > 3) {
    fault(
      context,
      node,
      'wrong_arguments',
      `${name} takes a name and an expression, such as .${name}(x, x > 0)`,
    );
    return part(context, node, DYN, () => null);
  }
  const cell: Cell = { type: itemOf(owner.type), value: null };
  const hidden = `${variable.args}.`;
  const inner: Context = {
    ...context,
    cells: new Map([...context.cells, [variable.args, cell]]),
    present: new Set([...context.present].filter((path) => !path.startsWith(hidden))),
  };
  const first = inner.compile(body, inner);
  const second = transform ? inner.compile(transform, inner) : null;
  if (name !== 'map' || second) demand(inner, first, ['bool'], name);
  const on =
    (operand: Part): Test =>
    (item, scope) => {
      cell.value = plainNumber(item);
      return operand.run(scope);
    };
  const step = stepOf(name, truthful(on(first), first, context), on(second ?? first), second !== null);
  const type = name === 'map' ? listOf((second ?? first).type) : name === 'filter' ? listOf(cell.type) : BOOL;
  return part(context, node, type, (scope) =>
    step(itemsIn(owner.run(scope), owner, context), scope as never),
  );
}

function itemOf(type: Type): Type {
  if (type.kind === 'map') return STRING;
  return type.item ?? DYN;
}

function truthful(test: Test, operand: Part, context: Context): (item: unknown, scope: never) => boolean {
  return (item, scope) => {
    const value = test(item, scope);
    return typeof value === 'boolean' ? value : refuse(context, operand, value, 'true or false');
  };
}

function itemsIn(value: unknown, owner: Part, context: Context): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === null || typeof value !== 'object') refuse(context, owner, value, 'a list or a map');
  return Object.keys(value);
}

type Step = (items: readonly unknown[], scope: never) => unknown;

function stepOf(
  name: string,
  test: (item: unknown, scope: never) => boolean,
  value: Test,
  filtered: boolean,
): Step {
  switch (name) {
    case 'exists':
      return (items, scope) => items.some((item) => test(item, scope));
    case 'all':
      return (items, scope) => items.every((item) => test(item, scope));
    case 'exists_one':
      return (items, scope) => items.filter((item) => test(item, scope)).length === 1;
    case 'filter':
      return (items, scope) => items.filter((item) => test(item, scope));
    default:
      if (!filtered) return (items, scope) => items.map((item) => value(item, scope));
      return (items, scope) => items.filter((item) => test(item, scope)).map((item) => value(item, scope));
  }
}
