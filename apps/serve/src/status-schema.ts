import { object } from './rows.ts';

const count = { type: 'integer', minimum: 0 };
const span = { type: 'number', minimum: 0 };
const rate = { type: 'number', minimum: 0, description: 'Events per second over the last few seconds.' };
const text = { type: 'string' };
const time = { type: 'integer', description: 'Milliseconds since 1970 UTC.' };
const nullable = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
const list = (items: object) => ({ type: 'array', items });

const latency = nullable(object({ p50Ms: span, p99Ms: span }));

const audit = object({
  events: count,
  dropped: count,
  duplicate: count,
  rejected: count,
  late: count,
  processed: count,
  flags: {
    type: 'object',
    additionalProperties: count,
    description: 'Processed and late events by flag; beside the sum.',
  },
  inFlight: { type: 'integer' },
  sum: { type: 'integer', description: 'dropped + duplicate + rejected + late + processed + inFlight.' },
  balanced: { type: 'boolean', description: 'Whether sum is events.' },
});

const lane = object({
  lane: count,
  lag: count,
  watermark: nullable(time),
  watermarkAgeMs: { type: ['number', 'null'] },
  openWindows: count,
  stopped: nullable(object({ code: text, message: text })),
});

const part = object({
  name: text,
  state: { enum: ['active', 'idle', 'ended'] },
  position: { type: ['integer', 'null'] },
  progress: { type: ['number', 'null'], minimum: 0, maximum: 1 },
  eventTime: nullable(time),
});

/** `PipelineStatus` of @millrace/lanes. */
export const pipelineStatusSchema = object({
  pipeline: text,
  plan: text,
  state: { enum: ['starting', 'running', 'draining', 'stopped'] },
  uptimeMs: span,
  audit,
  stages: list(object({ name: text, eventsPerSecond: rate, events: count, latency, lag: count })),
  latency,
  lanes: list(lane),
  openWindows: count,
  repeats: count,
  gaps: count,
  deadLetters: { type: 'object', additionalProperties: count, description: 'Made since the start, by code.' },
  services: list(
    object({
      service: text,
      instance: text,
      state: { enum: ['starting', 'running', 'draining', 'ended', 'silent'] },
      startedMs: time,
      reasons: list(text),
      lanes: count,
    }),
  ),
  sources: list(object({ name: text, kind: text, events: count, eventsPerSecond: rate, parts: list(part) })),
});

/** `Status` of @millrace/lanes. */
export const statusSchema = object({
  time,
  memory: object({ rssBytes: count, heapBytes: count }),
  pipelines: list(pipelineStatusSchema),
});
