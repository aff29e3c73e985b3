import { jsonData } from '@millrace/lanes/event-json';
import type { AlertRow, DeadLetterRow, EventRow, WindowRow } from '@millrace/lanes/ports/results';
import type { JsonSchema } from './route.ts';

/** Rows as they leave serve: no versions, no pipeline (the path says it), dead letters' payloads made readable. */

export function windowJson({ name, group, start, end, revision, final, values }: WindowRow) {
  return { name, group, start, end, revision, final, values };
}

export function alertJson(row: AlertRow) {
  const { id, name, group, severity, message, time, value, score, eventId, window } = row;
  return { id, name, group, severity, message, time, value, score, eventId, window };
}

export function eventJson({ route, id, key, time, event }: EventRow) {
  return { route, id, key, time, event: jsonData(event) };
}

/** Without the payload, which may be large. */
export function deadLetterJson(row: DeadLetterRow) {
  const { id, eventId, key, stage, attempt, code, message, time, source, traceId } = row;
  const { contentType, payload } = row;
  return {
    id,
    eventId,
    key,
    stage,
    attempt,
    code,
    message,
    time,
    source,
    traceId,
    contentType,
    bytes: payload.length,
  };
}

/** Text where the bytes are text, whatever the content type says; base64 otherwise. */
export function payloadJson(payload: Uint8Array): { text: string | null; base64: string | null } {
  const text = asText(payload);
  return text === null ? { text, base64: Buffer.from(payload).toString('base64') } : { text, base64: null };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function asText(bytes: Uint8Array): string | null {
  try {
    const text = utf8.decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: Avro often is valid UTF-8; control characters tell.
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

const time = { type: 'integer', description: 'Milliseconds since 1970 UTC.' };
const nullableNumber = { type: ['number', 'null'] };
const nullableString = { type: ['string', 'null'] };

export const windowSchema = object({
  name: { type: 'string' },
  group: { type: 'string' },
  start: time,
  end: time,
  revision: {
    type: 'integer',
    description: 'Counts from 1; a correction after the final result goes on counting.',
  },
  final: { type: 'boolean', description: 'False: the window is still open and the values are live.' },
  values: { type: 'object', additionalProperties: { type: ['number', 'string', 'null'] } },
});

export const alertSchema = object({
  id: { type: 'string' },
  name: { type: 'string', description: 'The detector.' },
  group: { type: 'string' },
  severity: { type: 'string' },
  message: { type: 'string' },
  time: {
    ...time,
    description: "Event time of the event, or the window's end; milliseconds since 1970 UTC.",
  },
  value: nullableNumber,
  score: nullableNumber,
  eventId: nullableString,
  window: {
    anyOf: [
      object({ name: { type: 'string' }, start: time, end: time, revision: { type: 'integer' } }),
      { type: 'null' },
    ],
  },
});

export const eventSchema = object({
  route: { type: 'string' },
  id: { type: 'string' },
  key: { type: 'string' },
  time,
  event: { type: 'object', description: 'The fields, enrichments and flags.' },
});

const deadLetterProperties = {
  id: { type: 'string', description: 'EVENT_ID/STAGE/ATTEMPT.' },
  eventId: { type: 'string' },
  key: { type: 'string' },
  stage: { type: 'string', description: 'Who refused it: a stage, `merge` or `sink:NAME`.' },
  attempt: { type: 'integer' },
  code: { type: 'string' },
  message: { type: 'string' },
  time: { ...time, description: 'When it came in; milliseconds since 1970 UTC.' },
  source: { type: 'string' },
  traceId: { type: 'string', description: 'Of its trace; empty: it was not sampled.' },
  contentType: { type: 'string' },
  bytes: { type: 'integer', description: 'Size of the payload.' },
};

export const deadLetterSchema = object(deadLetterProperties);

export const deadLetterDetailSchema = object({
  ...deadLetterProperties,
  payload: object({
    text: { ...nullableString, description: 'The bytes as UTF-8; null where they are not text.' },
    base64: { ...nullableString, description: 'The bytes in base64; null where they are text.' },
  }),
});

export function pageSchema(rows: JsonSchema): JsonSchema {
  return object({
    rows: { type: 'array', items: rows },
    next: { ...nullableString, description: 'For `after`; null: that was the last page.' },
  });
}

export function object(properties: Readonly<Record<string, unknown>>): JsonSchema {
  return { type: 'object', required: Object.keys(properties), properties };
}
