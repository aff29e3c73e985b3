import type { EventCodec, Fault } from '@millrace/pipeline/event-codec';
import type {
  EnrichPlan,
  EventPlan,
  EventValue,
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
    lanes: 2,
    hash: 'test',
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

/** The type of a field of `flatCodec`; with `?` it may be missing and is null then. */
export type FlatField = 'string' | 'string?' | 'double' | 'double?' | 'long' | 'boolean';

export const PAYMENT_FIELDS = {
  payment_id: 'string',
  card: 'string',
  merchant_id: 'string?',
  amount: 'double',
  currency: 'string',
  paid_at: 'long',
} as const satisfies Record<string, FlatField>;

/** Events by `fields`, with `payment_id` as id, `card` as key and `paid_at` as time. */
export function eventPlanOf(fields: Readonly<Record<string, FlatField>> = PAYMENT_FIELDS): EventPlan {
  return {
    schema: {
      type: 'record',
      name: 'Payment',
      fields: Object.entries(fields).map(([name, type]) => ({ name, type: avroType(type) })),
    },
    codec: flatCodec(fields),
    id: ({ event }) => String(event!.payment_id),
    key: ({ event }) => String(event!.card),
    keyText: 'event.card',
    time: ({ event }) => Number(event!.paid_at),
    priority: null,
    ingestFields: ['payment_id', 'card', 'paid_at'],
  };
}

function avroType(type: FlatField): string | readonly string[] {
  return type.endsWith('?') ? ['null', type.slice(0, -1)] : type;
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

/** A codec for events of plain fields; its bytes are JSON. */
export function flatCodec(fields: Readonly<Record<string, FlatField>>): EventCodec {
  return {
    read(record, { unknownFields }) {
      if (typeof record !== 'object' || record === null) {
        return { event: null, faults: [{ path: '', code: 'wrong_type', message: 'not an object' }] };
      }
      const row = record as EventValue;
      const faults: Fault[] = [];
      const event: EventValue = {};
      for (const [name, type] of Object.entries(fields)) readField(name, type, row[name], event, faults);
      for (const name of unknownFields === 'reject' ? Object.keys(row) : []) {
        if (!Object.hasOwn(fields, name))
          faults.push({ path: name, code: 'unknown_field', message: 'no such field' });
      }
      return faults.length > 0 ? { event: null, faults } : { event, faults: null };
    },
    partial: (names) => {
      const wanted = Object.entries(fields).filter(([name]) => names.includes(name));
      const reader = flatCodec(Object.fromEntries(wanted));
      return { read: (record, options) => reader.read(record, { ...options, unknownFields: 'ignore' }) };
    },
    encode: (event) => new TextEncoder().encode(JSON.stringify(event)),
    decode: (bytes, offset) => ({
      event: JSON.parse(new TextDecoder().decode(bytes.subarray(offset))) as EventValue,
      end: bytes.length,
    }),
  };
}

function readField(name: string, type: FlatField, value: unknown, event: EventValue, faults: Fault[]): void {
  const plain = type.endsWith('?') ? type.slice(0, -1) : type;
  const wanted = plain === 'double' || plain === 'long' ? 'number' : plain;
  event[name] = value ?? null;
  if (typeof value === wanted || (plain === 'long' && typeof value === 'bigint')) return;
  if (value === undefined || value === null) {
    if (!type.endsWith('?')) faults.push({ path: name, code: 'missing_field', message: `wants a ${plain}` });
    return;
  }
  faults.push({ path: name, code: 'wrong_type', message: `wants a ${plain}, found a ${typeof value}` });
}
