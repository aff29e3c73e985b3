import { createEventCodec } from '@millrace/pipeline/avro-codec';
import type {
  AvroSchema,
  EnrichPlan,
  EventPlan,
  Plan,
  RoutePlan,
  RulePlan,
  SourcePlan,
  TablePlan,
} from '@millrace/pipeline/plan';

/**
 * Plans built by hand, for tests of one stage: every part has a plain default, and a test names only what it is
 * about. Tests of the whole compile a document instead.
 */
export function planOf(parts: Partial<Plan> = {}): Plan {
  return {
    pipeline: 'payments',
    traceRate: 0,
    lanes: 2,
    hash: 'test',
    sections: {},
    time: {
      outOfOrderMs: 5_000,
      maxAheadMs: 600_000,
      idleMs: 30_000,
      dedupeMs: 3_600_000,
      keepMs: 3_600_000,
    },
    event: eventPlanOf(),
    secrets: [],
    sources: [sourceOf('api')],
    validate: { clean: [], rules: [], unknownFields: 'reject' },
    tables: [],
    enrich: [],
    windows: [],
    detectors: [],
    routes: [],
    cases: [],
    fieldsUsed: { validate: null, enrich: null, aggregate: null, route: null },
    schemas: {
      raw: 'bytes',
      tick: 'bytes',
      opened: 'bytes',
      rejected: 'bytes',
      replay: 'bytes',
      validated: 'bytes',
      enriched: 'bytes',
      aggregated: 'bytes',
      windows: new Map(),
      alert: 'bytes',
      partial: 'bytes',
      mark: 'bytes',
    },
    topology: { pipeline: 'payments', lanes: 2, stages: [], topics: [] },
    folder: '/nowhere',
    ...parts,
  };
}

/** A payment as its Avro schema. */
export const PAYMENT_SCHEMA = {
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'payment_id', type: 'string' },
    { name: 'card', type: 'string' },
    { name: 'merchant_id', type: ['null', 'string'], default: null },
    { name: 'amount', type: 'double' },
    { name: 'currency', type: 'string' },
    { name: 'paid_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
} as const satisfies AvroSchema;

/** Payments: `payment_id` is the id, `card` the key, `paid_at` the time. */
export function eventPlanOf(schema: AvroSchema = PAYMENT_SCHEMA): EventPlan {
  return {
    schema,
    codec: createEventCodec(schema),
    id: ({ event }) => String(event!.payment_id),
    key: ({ event }) => String(event!.card),
    keyText: 'event.card',
    time: ({ event }) => Number(event!.paid_at),
    priority: null,
    ingestFields: ['payment_id', 'card', 'paid_at'],
  };
}

export function sourceOf(name: string, parts: Partial<SourcePlan> = {}): SourcePlan {
  return { name, kind: 'http', config: {}, map: null, finite: false, ...parts };
}

export function ruleOf(name: string, check: RulePlan['check'], parts: Partial<RulePlan> = {}): RulePlan {
  return { name, check, otherwise: 'reject', message: `${name} does not hold`, ...parts };
}

export function tableOf(name: string, parts: Partial<TablePlan> = {}): TablePlan {
  return {
    name,
    kind: 'file',
    config: {},
    primary: 'id',
    columns: new Map([['city', 'string']]),
    refreshMs: null,
    ...parts,
  };
}

export function enrichmentOf(name: string, table: string, parts: Partial<EnrichPlan> = {}): EnrichPlan {
  return {
    name,
    table,
    match: ({ event }) => event!.merchant_id as string | null,
    add: ['city'],
    missing: 'flag',
    ...parts,
  };
}

export function routeOf(name: string, parts: Partial<RoutePlan> = {}): RoutePlan {
  return { name, from: { topic: 'events' }, when: null, to: [], ...parts };
}
