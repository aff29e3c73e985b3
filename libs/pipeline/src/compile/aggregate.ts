import type { AggregateKind } from '../aggregate-kind.ts';
import { aggregates } from '../aggregates.ts';
import { RESERVED_VALUES } from '../derived-schemas.ts';
import type { Path } from '../document.ts';
import { parseDuration } from '../duration.ts';
import { type ASTNode, parseExpression } from '../expression/parse.ts';
import {
  BOOL,
  DOUBLE,
  type Kind,
  nameOf,
  nullable,
  recordOf,
  STRING,
  type Type,
} from '../expression/type.ts';
import { meantOrKnown } from '../faults.ts';
import type { ComputePlan, WindowPlan } from '../plan.ts';
import type { WindowKind } from '../window-kind.ts';
import { windowFamilies } from '../windows.ts';
import { type Building, report, reportExpression, type Section, treeAt, type Variables } from './building.ts';
import { sameOperand } from './event.ts';
import { asBool, asTextOrNull, asValue, type Operand } from './operand.ts';
import { CONDITION, GROUP, wantedAt } from './wanted.ts';

/** The fields of every window result, beside the computed values. */
const WINDOW_FIELDS: readonly (readonly [string, Type])[] = [
  ['name', STRING],
  ['group', STRING],
  ['start', DOUBLE],
  ['end', DOUBLE],
  ['revision', DOUBLE],
  ['final', BOOL],
];
const RESERVED = new Set([...RESERVED_VALUES, ...WINDOW_FIELDS.map(([name]) => name)]);

/** What decides whether a group lives in one lane. */
export interface Grouping {
  /** The lane's key; null: there is no expression for it. */
  readonly key: Operand | null;
  /** Fields that `clean` changes after the key was computed. */
  readonly cleaned: ReadonlySet<string>;
}

/** Whether a group is the lane's key, so that one lane sees all of it. */
export function isLocal(by: Operand, { key, cleaned }: Grouping): boolean {
  if (!key || !sameOperand(by, key)) return false;
  if (cleaned.size === 0) return true;
  const used = by.used.get('event');
  return used !== null && ![...(used ?? [])].some((field) => cleaned.has(field));
}

export function compileWindows(
  building: Building,
  sections: readonly Section[],
  variables: Variables,
  grouping: Grouping,
): readonly WindowPlan[] {
  return sections.flatMap((section, i): WindowPlan[] => {
    const path = ['aggregate', i];
    const by = wantedAt(building, [...path, 'by'], section.by, variables, GROUP('a group'));
    const when = wantedAt(building, [...path, 'when'], section.when, variables, CONDITION('when'));
    const window = compileWindow(building, [...path, 'window'], section.window as Section);
    const compute = compileCompute(building, [...path, 'compute'], section.compute as Section, variables);
    if (!by || !window) return [];
    return [
      {
        name: String(section.name),
        by: asTextOrNull(by),
        local: isLocal(by, grouping),
        window,
        latenessMs: parseDuration(String(section.lateness)),
        emit: section.emit as WindowPlan['emit'],
        onLate: section.on_late as WindowPlan['onLate'],
        when: when && asBool(when),
        compute,
      },
    ];
  });
}

function compileWindow(building: Building, path: Path, section: Section): WindowKind | null {
  const [kind, settings] = Object.entries(section)[0]!;
  const family = windowFamilies.find(({ name }) => name === kind);
  try {
    return family?.configure(settings) ?? null;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    report(building, [...path, kind], 'bad_value', error.message);
    return null;
  }
}

function compileCompute(
  building: Building,
  path: Path,
  section: Section,
  variables: Variables,
): readonly ComputePlan[] {
  return Object.entries(section).flatMap(([name, value]): ComputePlan[] => {
    const at = [...path, name];
    if (RESERVED.has(name)) {
      report(
        building,
        at,
        'name_collision',
        `every window has its own ${name}`,
        'give the value another name',
      );
    }
    const text = String(value);
    if (building.document.functionOf(text)) {
      report(
        building,
        at,
        'wrong_type',
        'a computed value is an aggregate',
        'write sum("event.amount"), or let a function compute a cleaned field',
      );
      return [];
    }
    const node = parseExpression(text);
    if ('code' in node) {
      reportExpression(building, at, [node], text);
      return [];
    }
    const computed = compileAggregate(building, at, text, node, variables);
    return computed ? [{ name, ...computed }] : [];
  });
}

function compileAggregate(
  building: Building,
  path: Path,
  text: string,
  node: ASTNode,
  variables: Variables,
): Omit<ComputePlan, 'name'> | null {
  const known = aggregates.map(({ name }) => name);
  if (node.op !== 'call') {
    const hint = `write ${known
      .slice(0, 3)
      .map((name) => `${name}(…)`)
      .join(', ')}, …`;
    reportExpression(
      building,
      path,
      [
        {
          start: 0,
          end: text.length,
          code: 'not_an_aggregate',
          message: `${text} is not an aggregate`,
          hint,
        },
      ],
      text,
    );
    return null;
  }
  const [name, nodes] = node.args;
  const aggregate = aggregates.find((each) => each.name === name);
  const refuse = (at: ASTNode, code: string, message: string, hint: string | null): null => {
    reportExpression(building, path, [{ start: at.start, end: at.end, code, message, hint }], text);
    return null;
  };
  if (!aggregate)
    return refuse(node, 'unknown_aggregate', `there is no aggregate ${name}`, meantOrKnown(name, known));
  if (nodes.length !== aggregate.takes.length) {
    const message = `${name} takes ${aggregate.takes.length} argument${aggregate.takes.length === 1 ? '' : 's'}, not ${nodes.length}`;
    return refuse(node, 'wrong_arguments', message, aggregate.summary);
  }
  const [first, ...others] = nodes;
  const operand = first ? treeAt(building, path, text, first, variables) : null;
  if (first && !operand) return null;
  if (operand && !accepts(aggregate, operand)) {
    const message = `${text.slice(first!.start, first!.end)} is ${nameOf(operand.type.kind)}, ${name} takes ${nameOf(aggregate.takes[0] as Kind)}`;
    return refuse(first!, 'wrong_type', message, null);
  }
  const parameters: number[] = [];
  for (const other of others) {
    const value = other.op === 'value' ? Number(other.args) : Number.NaN;
    if (Number.isNaN(value))
      return refuse(
        other,
        'wrong_arguments',
        `${text.slice(other.start, other.end)} must be a plain number`,
        aggregate.summary,
      );
    parameters.push(value);
  }
  return { aggregate, value: operand && asValue({ ...operand, exact: operand.run }), parameters };
}

function accepts(aggregate: AggregateKind, operand: Operand): boolean {
  const wanted = aggregate.takes[0];
  return (
    wanted === 'any' ||
    operand.type.kind === 'dyn' ||
    operand.type.kind === 'null' ||
    operand.type.kind === wanted
  );
}

/** The type of `window` in expressions about a window's results. */
export function windowType(plan: WindowPlan): Type {
  const computed = plan.compute.map(({ name, aggregate }) => {
    const type = aggregate.type === 'double' ? DOUBLE : STRING;
    return [name, mayBeNull(aggregate) ? nullable(type) : type] as const;
  });
  return recordOf(new Map([...WINDOW_FIELDS, ...computed]));
}

const mayBeNull = ({ schema }: AggregateKind): boolean => Array.isArray(schema) && schema.includes('null');
