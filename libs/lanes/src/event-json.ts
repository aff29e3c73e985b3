import type { EventValue } from '@millrace/pipeline/plan';
import type { Flow } from './flow.ts';
import { base64, tagged, untagged } from './tagged-json.ts';

/**
 * Content type of an event as JSON that loses nothing: what enrich and aggregate refuse is kept in this form, so
 * that people can read it and a replay goes on from it.
 */
export const EVENT_JSON = 'application/json; millrace=event';

/** `{ "time", "late", "event" }`; the event with its enrichments and flags. */
interface WrittenEvent {
  readonly time: number;
  /** It has been routed: a replay of it is a correction of its windows and nothing else. */
  readonly late: boolean;
  readonly event: unknown;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The record must have its event, with all fields. */
export function writeEventJson(record: Flow): Uint8Array {
  if (record.event === null) throw new Error(`record ${record.id} has no event to write`);
  const written: WrittenEvent = { time: record.eventTime, late: record.late, event: tagged(record.event) };
  return encoder.encode(JSON.stringify(written));
}

/**
 * Puts a replay's event back: sets `event`, `flags`, `eventTime` and `late`.
 * Throws when the payload was not written by `writeEventJson`.
 */
export function readEventJson(record: Flow): void {
  if (record.contentType !== EVENT_JSON || record.payload === null) {
    throw new Error(
      `a replay for stage ${record.stage} must carry ${EVENT_JSON}, not "${record.contentType}" (event ${record.id})`,
    );
  }
  const written = JSON.parse(decoder.decode(record.payload)) as WrittenEvent;
  if (typeof written.event !== 'object' || written.event === null) {
    throw new Error(`a replay for stage ${record.stage} has no event in it (${record.id})`);
  }
  const event = untagged(written.event) as EventValue;
  const flags = Array.isArray(event.flags) ? (event.flags as string[]) : [];
  event.flags = flags;
  record.event = event;
  record.flags = flags;
  record.eventTime = written.time;
  record.late = written.late;
}

/**
 * A value as JSON for people and their systems: 64-bit integers beyond 2^53 as decimal text, bytes as base64,
 * NaN and infinities as text. Answers the value itself where nothing is to change; never changes it.
 */
export function jsonData(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value)) {
    const items = value.map(jsonData);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key in fields) {
    if (jsonData(fields[key]) === fields[key]) continue;
    return Object.fromEntries(Object.entries(fields).map(([name, inner]) => [name, jsonData(inner)]));
  }
  return value;
}
