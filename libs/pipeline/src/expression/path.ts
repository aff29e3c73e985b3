import { meantOrKnown } from '../faults.ts';
import { type Context, fault, type Part, part, type Run } from './context.ts';
import type { ASTNode } from './parse.ts';
import { DYN, nameOf, nullable, present, type Type } from './type.ts';

interface Segments {
  readonly root: string;
  readonly rest: readonly { readonly name: string; readonly node: ASTNode }[];
}

/** `a.b["c"]` as its parts, or null when the node is something else. */
export function segmentsOf(node: ASTNode): Segments | null {
  if (node.op === 'id') return { root: node.args, rest: [] };
  if (node.op !== '.' && node.op !== '[]') return null;
  const left = segmentsOf(node.args[0]);
  if (!left) return null;
  if (node.op === '.') return { root: left.root, rest: [...left.rest, { name: node.args[1], node }] };
  const key = node.args[1];
  if (key.op !== 'value' || typeof key.args !== 'string') return null;
  return { root: left.root, rest: [...left.rest, { name: key.args, node }] };
}

/** How a path is named in the set of those that can't be null. */
export const pathText = ({ root, rest }: Segments): string => [root, ...rest.map((s) => s.name)].join('.');

/**
 * A path from a variable. A path through null is null, so that `event.airport.state` has no value where the
 * airport is missing; what needs a value says so.
 */
export function compilePath(node: ASTNode, path: Segments, context: Context): Part {
  const cell = context.cells.get(path.root);
  const rootType = cell?.type ?? context.variables.get(path.root);
  if (!rootType) {
    fault(context, node, 'unknown_name', `there is no ${path.root} here`, hintForName(path.root, context));
    return part(context, node, DYN, () => null);
  }
  if (!cell) note(context, path);
  const type = typeOfPath(rootType, path, context);
  const names = path.rest.map((segment) => segment.name);
  const root: Run = cell ? () => cell.value : rootAccess(path.root);
  const exact = access(root, names);
  const numeric = type.kind === 'double' || type.kind === 'dyn';
  const run = numeric ? numbersOf(exact, cell ? null : path.root, names) : exact;
  return part(context, node, type, run, { path: pathText(path), exact });
}

function note(context: Context, { root, rest }: Segments): void {
  const used = context.used.get(root) ?? new Set<string>();
  used.add(rest[0]?.name ?? '*');
  context.used.set(root, used);
}

function hintForName(name: string, context: Context): string {
  const event = context.variables.get('event');
  if (event?.fields?.().has(name)) return `write event.${name}`;
  return meantOrKnown(name, [...context.cells.keys(), ...context.variables.keys()]);
}

function typeOfPath(root: Type, path: Segments, context: Context): Type {
  let type = root;
  let text = path.root;
  for (const { name, node } of path.rest) {
    const owner = type;
    const next = typeOfField(owner, name);
    if (!next) {
      const hint = owner.fields ? meantOrKnown(name, owner.fields().keys()) : null;
      const message = owner.fields
        ? `${text} has no field ${name}`
        : `${text} is ${nameOf(owner.kind)}, it has no fields`;
      fault(
        context,
        { start: Math.max(node.start, node.end - name.length), end: node.end },
        'unknown_field',
        message,
        hint,
      );
      return DYN;
    }
    text += `.${name}`;
    type = owner.nullable && !context.present.has(text) ? nullable(next) : next;
    if (context.present.has(text)) type = present(type);
  }
  return context.present.has(text) ? present(type) : type;
}

function typeOfField(owner: Type, name: string): Type | null {
  switch (owner.kind) {
    case 'dyn':
      return DYN;
    case 'map':
      return nullable(owner.item!);
    case 'record': {
      const field = owner.fields!().get(name);
      return field ? (owner.nullable ? nullable(field) : field) : null;
    }
    default:
      return null;
  }
}

function rootAccess(root: string): Run {
  switch (root) {
    case 'event':
      return (scope) => scope.event;
    case 'row':
      return (scope) => scope.row;
    case 'row_number':
      return (scope) => scope.row_number;
    case 'window':
      return (scope) => scope.window;
    case 'alert':
      return (scope) => scope.alert;
    default:
      return (scope) => (scope as Record<string, unknown>)[root];
  }
}

type Holder = Record<string, unknown> | null | undefined;

/** Own properties only: a field named like something of Object.prototype must not find that. */
export function fieldOf(holder: unknown, name: string): unknown {
  if (holder === null || typeof holder !== 'object') return null;
  const value = (holder as Record<string, unknown>)[name];
  if (value === undefined || typeof value === 'function') return null;
  if (name in Object.prototype && !Object.hasOwn(holder, name)) return null;
  return value;
}

function access(root: Run, names: readonly string[]): Run {
  const safe = names.every((name) => !(name in Object.prototype));
  const [first, second, third] = names;
  if (first === undefined) return (scope) => root(scope) ?? null;
  if (safe && second === undefined) return (scope) => (root(scope) as Holder)?.[first] ?? null;
  if (safe && third === undefined) {
    return (scope) => ((root(scope) as Holder)?.[first] as Holder)?.[second!] ?? null;
  }
  return (scope) => {
    let value = root(scope);
    for (let i = 0; i < names.length; i++) value = fieldOf(value, names[i]!);
    return value ?? null;
  };
}

function numbersOf(exact: Run, root: string | null, names: readonly string[]): Run {
  const [field] = names;
  // What most expressions read, in one step.
  if (root === 'event' && field !== undefined && names.length === 1 && !(field in Object.prototype)) {
    return (scope) => {
      const value = scope.event?.[field];
      return typeof value === 'number' ? value : plainNumber(value ?? null);
    };
  }
  return (scope) => plainNumber(exact(scope));
}

/** Numbers are doubles in expressions; beyond 2^53 the nearest one. */
export function plainNumber(value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
