import { serialize } from '@marcbachmann/cel-js';
import { createEventCodec } from '../avro-codec.ts';
import type { EventCodec } from '../event-codec.ts';
import type { ASTNode } from '../expression/parse.ts';
import { type Type, typeOfAvro } from '../expression/type.ts';
import { meantOrKnown } from '../faults.ts';
import type { AvroSchema, EventPlan } from '../plan.ts';
import {
  type Building,
  report,
  reportExpression,
  resolveIn,
  type Section,
  type Variables,
} from './building.ts';
import { asNumber, asOneOf, asTextOrEmpty, type Operand } from './operand.ts';
import { GROUP, wantedAt } from './wanted.ts';

/** The event's schema as the rest of the document sees it. */
export interface EventShape {
  readonly schema: AvroSchema;
  readonly codec: EventCodec;
  readonly fields: ReadonlyMap<string, Type>;
  /** The text that the plan's hash covers. */
  readonly text: string;
}

const PRIORITIES = ['high', 'normal', 'low'];
const RESERVED_FIELDS = ['flags', '__proto__'];

/** Reads the Avro schema that `event.schema` names or holds. Null: reported. */
export function readEventShape(building: Building, section: Section): EventShape | null {
  const path = ['event', 'schema'];
  const inline = typeof section.schema !== 'string';
  const file = inline ? building.document.file : String(section.schema);
  const text = inline ? JSON.stringify(section.schema) : building.load(resolveIn(building, file));
  if (text === null) {
    report(building, path, 'no_such_file', `there is no file ${file}`, `paths start from ${building.folder}`);
    return null;
  }
  const refuse = (message: string, place = { line: 1, column: 1 }): null => {
    const where = inline ? building.document.place(path) : place;
    building.faults.push({ file, ...where, code: 'bad_schema', message, hint: null });
    return null;
  };
  let schema: AvroSchema;
  try {
    schema = JSON.parse(text) as AvroSchema;
  } catch (error) {
    return refuse(`it is not JSON: ${(error as Error).message}`, placeIn((error as Error).message));
  }
  if ((schema as { type?: unknown }).type !== 'record') return refuse('the event must be an Avro record');
  try {
    const codec = createEventCodec(schema);
    const fields = typeOfAvro(schema).fields!();
    for (const name of RESERVED_FIELDS) {
      if (fields.has(name)) return refuse(`a field can't be named ${name}: it is the event's own`);
    }
    return { schema, codec, fields, text };
  } catch (error) {
    return refuse(`it is not an Avro schema: ${(error as Error).message}`);
  }
}

function placeIn(message: string): { line: number; column: number } {
  const match = /line (\d+) column (\d+)/.exec(message);
  return match ? { line: Number(match[1]), column: Number(match[2]) } : { line: 1, column: 1 };
}

/** The `event` section, and the operands that others compare with. */
export interface EventPart {
  readonly plan: EventPlan;
  readonly key: Operand | null;
}

export function compileEvent(
  building: Building,
  section: Section,
  shape: EventShape,
  variables: Variables,
): EventPart | null {
  const at = (name: string) => ['event', name];
  const id = wantedAt(building, at('id'), section.id, variables, { ...GROUP('an id'), nullable: false });
  const key = wantedAt(building, at('key'), section.key, variables, GROUP('a key'));
  const time = wantedAt(building, at('time'), section.time, variables, {
    what: "an event's time",
    kinds: ['double'],
    nullable: false,
    hint: `milliseconds are wanted: write time(…) for RFC 3339, or parse_time(…, "yyyy-MM-dd HH:mm:ss", "UTC")`,
  });
  const priority = wantedAt(building, at('priority'), section.priority, variables, {
    what: 'a priority',
    kinds: ['string'],
    nullable: false,
  });
  checkPriority(building, priority);
  if (!time) return null;
  const operands = [id, key, time, priority].filter((operand) => operand !== null);
  const whole = operands.some((operand) => operand.used.get('event') === null);
  const used = new Set(operands.flatMap((operand) => [...(operand.used.get('event') ?? [])]));
  const plan: EventPlan = {
    schema: shape.schema,
    codec: shape.codec,
    id: id && asTextOrEmpty(id),
    key: key && asTextOrEmpty(key),
    keyText: key && canonicalText(key),
    time: asNumber(time),
    priority: priority && asOneOf(priority, PRIORITIES),
    ingestFields: [...shape.fields.keys()].filter((field) => whole || used.has(field)),
  };
  return { plan, key: key ?? id };
}

/** Literals that stand for a priority are one: `'hgih'` is found before it refuses events. */
function checkPriority(building: Building, priority: Operand | null): void {
  if (!priority?.node) return;
  const faults = literalResults(priority.node)
    .filter(({ args }) => typeof args === 'string' && !PRIORITIES.includes(args))
    .map(({ start, end, args }) => ({
      start,
      end,
      code: 'unknown_value',
      message: `there is no priority ${args}`,
      hint: meantOrKnown(String(args), PRIORITIES),
    }));
  reportExpression(building, ['event', 'priority'], faults, priority.text);
}

/** The literals that an expression may result in. */
function literalResults(node: ASTNode): readonly ASTNode[] {
  if (node.op === '?:') return [...literalResults(node.args[1]), ...literalResults(node.args[2])];
  return node.op === 'value' ? [node] : [];
}

/** The same text for the same expression, however it is spaced. Null: a function. */
export function canonicalText(operand: Operand): string | null {
  return operand.node && serialize(operand.node);
}

/** Whether two operands give the same value for every event. */
export function sameOperand(left: Operand, right: Operand): boolean {
  if (left.user || right.user) return left.user === right.user;
  return canonicalText(left) === canonicalText(right);
}
