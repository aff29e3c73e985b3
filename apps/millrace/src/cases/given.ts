import { eventTimeOf } from '@millrace/lanes/event-time';
import { createSourceMap } from '@millrace/lanes/source-map';
import type { AvroSchema, CasePlan, GivenPlan, Plan, SourcePlan } from '@millrace/pipeline/plan';
import { exampleEvent } from '@millrace/serve/example-event';
import { idFieldOf, variant } from '@millrace/serve/id-field';

type Row = Record<string, unknown>;

/** A record that a case gives, at a moment of the case's own time. */
export interface GivenRecord {
  /** Null: an event as it is, from no source of the document. */
  readonly source: SourcePlan | null;
  readonly record: Row;
  /** When it arrives, ms. */
  readonly arrivesAt: number;
}

/** What a case gives can't be made into records; the message says what to change. */
export class GivenError extends Error {
  override readonly name = 'GivenError';
}

/** A case begins here where its first event names no time: a Thursday, so that weeks have two parts. */
export const CASE_START = Date.UTC(2026, 0, 1, 12);

/**
 * The records of a case in order. An event without source needs only the fields that the case is about: the others
 * that the schema requires get example values, its time the case's own clock, and its id is unique. `every` moves
 * that clock, or the time that the event names itself.
 */
export function givenRecords(plan: Plan, { given }: CasePlan): GivenRecord[] {
  const clock = new CaseClock();
  const records: GivenRecord[] = [];
  for (const [index, each] of given.entries()) {
    const source = plan.sources.find(({ name }) => name === each.source) ?? null;
    const complete = (own: Row, now: number): Row =>
      source === null ? filled(plan, own, now, records.length) : own;
    const read = createTimeReader(plan, source);
    const timeOf = (own: Row, now: number): number | null => read(complete(own, now));
    for (let i = 0; i < each.repeat; i++) {
      // Its time is its own where it doesn't go along with the clock.
      const named = timeOf(each.event, clock.now) === timeOf(each.event, clock.now + PROBE_MS);
      const own = named && i > 0 ? moved(each, i, index, (row) => timeOf(row, clock.now)) : each.event;
      if (named) clock.meet(timeOf(own, clock.now), records.length === 0);
      records.push({ source, record: complete(own, clock.now), arrivesAt: clock.now });
      clock.now += each.everyMs;
    }
  }
  return records;
}

const PROBE_MS = 3_600_000;

/** The wall clock as a case would have it: it goes along with the event times that the case names. */
class CaseClock {
  now = CASE_START;

  /** The first named time sets it; a later one far ahead is what a case may be about, and doesn't move it. */
  meet(named: number | null, first: boolean): void {
    if (named === null) return;
    if (first || (named > this.now && named - this.now <= LEAP_MAX_MS)) this.now = named;
  }
}

/** Events of a case may lie days apart; what lies further ahead is meant to be `far_future`. */
const LEAP_MAX_MS = 366 * 24 * 3_600_000;

type TimeReader = (record: Row) => number | null;

/** Null: the record has no time that can be computed. */
function createTimeReader(plan: Plan, source: SourcePlan | null): TimeReader {
  const { codec, ingestFields, time } = plan.event;
  const reader = codec.partial(ingestFields);
  const map = source === null ? null : createSourceMap(source, ingestFields);
  return (record) => {
    try {
      const mapped = map === null ? record : map(record, 0);
      const { event } = reader.read(mapped, { textual: false, unknownFields: 'ignore' });
      return event === null ? null : eventTimeOf(time({ event }));
    } catch {
      return null;
    }
  };
}

/** The event's `i`-th repeat. */
function moved(given: GivenPlan, i: number, index: number, timeOf: TimeReader): Row {
  const { event, everyMs } = given;
  const before = timeOf(event);
  if (before === null || everyMs === 0) return event;
  const byMs = i * everyMs;
  for (const [field, value] of Object.entries(event)) {
    for (const shifted of shiftsOf(value, byMs)) {
      const candidate = { ...event, [field]: shifted };
      if (timeOf(candidate) === before + byMs) return candidate;
    }
  }
  throw new GivenError(
    `given[${index}]: \`every\` can't move the event's time, since no field of it is a plain time; leave the time out, or give each event by itself`,
  );
}

/** A value as a time `byMs` later, in the ways in which times are written. */
function shiftsOf(value: unknown, byMs: number): unknown[] {
  if (typeof value === 'number') return [value + byMs, value + byMs / 1_000, value + byMs * 1_000];
  if (typeof value !== 'string') return [];
  const time = Date.parse(value);
  return Number.isNaN(time) ? [] : [new Date(time + byMs).toISOString()];
}

/** With the fields that the schema requires, or that id, key and time need. */
function filled(plan: Plan, event: Row, now: number, count: number): Row {
  const example = exampleEvent(plan.event.schema, now);
  const record: Row = { ...event };
  const needed = new Set([...requiredFields(plan.event.schema), ...plan.event.ingestFields]);
  const added = Object.keys(example).filter((name) => needed.has(name) && !Object.hasOwn(event, name));
  for (const name of added) record[name] = example[name];
  const idField = idFieldOf(plan.event, record, added);
  if (idField !== undefined) record[idField] = variant(record[idField], count);
  return record;
}

function requiredFields(schema: AvroSchema): string[] {
  const { fields } = schema as {
    readonly fields: readonly {
      readonly name: string;
      readonly type: AvroSchema;
      readonly default?: unknown;
    }[];
  };
  const optional = (type: AvroSchema): boolean => Array.isArray(type) && type.includes('null');
  return fields
    .filter((field) => field.default === undefined && !optional(field.type))
    .map(({ name }) => name);
}
