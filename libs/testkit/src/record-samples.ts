import { expect } from '@jest/globals';
import { createFlow, type Flow, type FlowKind, NO_TIME } from '@millrace/lanes/flow';
import type { MadeContent, MadeTopic } from '@millrace/lanes/lane-codec';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import { registerSchemas } from '@millrace/lanes/record-schemas';
import { createRecordCodec, type RecordCodecOptions } from '@millrace/lanes/records';
import { aggregates } from '@millrace/pipeline/aggregates';
import { deriveSchemas } from '@millrace/pipeline/derived-schemas';
import type { AvroSchema, EnrichPlan, TablePlan } from '@millrace/pipeline/plan';
import fc from 'fast-check';

/** A pipeline with two enrichments and two windows, and any records that could go through it. */
export const eventSchema: AvroSchema = {
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'card', type: 'string' },
    { name: 'amount', type: 'double' },
    { name: 'order_no', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
};
export const enrich: EnrichPlan[] = [
  { name: 'merchant', table: 'merchants', match: () => null, add: ['city', 'risk'], missing: 'flag' },
  { name: 'country', table: 'countries', match: () => null, add: ['code'], missing: 'ignore' },
];
export const tables: TablePlan[] = [
  {
    name: 'merchants',
    columns: new Map([
      ['city', 'string'],
      ['risk', 'double'],
    ] as const),
  },
  { name: 'countries', columns: new Map([['code', 'string']] as const) },
].map((table) => ({ ...table, kind: 'file', config: {}, primary: 'id', refreshMs: null }));
export const compute = aggregates.map((aggregate) => ({
  name: `${aggregate.name}_of`,
  aggregate,
  value: null,
  parameters: [],
}));

export function planWith(event: AvroSchema, windows = ['velocity', 'daily']) {
  const windowPlans = windows.map((name) => ({ name, compute }));
  return {
    pipeline: 'payments',
    enrich,
    windows: windowPlans as unknown as RecordCodecOptions['plan']['windows'],
    fieldsUsed: { validate: null, enrich: ['card'], aggregate: ['amount', 'merchant', 'flags'], route: [] },
    schemas: deriveSchemas({ pipeline: 'payments', event, enrich, tables, windows: windowPlans }),
  };
}

/** A registry in memory, as strict about ids as a real one: the same schema has the same id. */
export function createRegistry() {
  const schemas: string[] = [];
  const registry: SchemaRegistry = {
    async register(_, schema) {
      const text = JSON.stringify(schema);
      if (!schemas.includes(text)) schemas.push(text);
      return schemas.indexOf(text) + 1;
    },
    schema: async (id) => (schemas[id - 1] === undefined ? null : JSON.parse(schemas[id - 1]!)),
  };
  return registry;
}

export async function createCodec(
  options: { plan?: ReturnType<typeof planWith>; registry?: SchemaRegistry; allFields?: boolean } = {},
) {
  const { plan = planWith(eventSchema), registry = createRegistry(), allFields = false } = options;
  return createRecordCodec({ plan, ids: await registerSchemas(registry, plan), registry, allFields });
}

export const time = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
export const position = fc.nat({ max: 2 ** 31 - 1 });
export const event = fc.record(
  {
    card: fc.string({ unit: 'grapheme' }),
    amount: fc.double({ noNaN: true, noDefaultInfinity: true }),
    order_no: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2n ** 63n - 1n, -(2n ** 60n))),
    note: fc.option(fc.string()),
  },
  { noNullPrototype: true },
);
export const laneFields = fc.record({
  seq: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  prev: fc.integer({ min: -1, max: 2 ** 52 }),
  part: fc.nat({ max: 2 ** 48 - 1 }),
  position: fc.oneof(fc.constant(-1), position),
  eventTime: fc.oneof(fc.constant(NO_TIME), time),
  ingestTime: fc.nat({ max: 2 ** 42 }),
  trace: fc.constantFrom(
    null,
    { parent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', state: '' },
    { parent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', state: 'congo=t61rcWkgMzE' },
  ),
});
export const bytes = fc.uint8Array({ maxLength: 200 }).map((content) => Buffer.from(content));
export const origin = {
  source: fc.string(),
  id: fc.string(),
  key: fc.string(),
  digest: fc.nat({ max: 2 ** 48 - 1 }),
};
export const attempt = fc.nat({ max: 9 });
export const row = {
  merchant: fc.option(
    fc.record({ city: fc.string(), risk: fc.double({ noNaN: true }) }, { noNullPrototype: true }),
  ),
  country: fc.option(fc.record({ code: fc.string() }, { noNullPrototype: true })),
};
export const kinds: { readonly [kind in Exclude<FlowKind, 'event'>]: fc.Arbitrary<Partial<Flow>> } = {
  tick: fc.record({ ended: fc.boolean() }),
  opened: fc.record({
    source: fc.string(),
    partName: fc.string(),
    parts: fc.nat({ max: 99 }),
    ordered: fc.boolean(),
  }),
  replay: fc.record({ ...origin, attempt, contentType: fc.string(), payload: bytes, stage: fc.string() }),
  rejected: fc.record({
    ...origin,
    attempt,
    contentType: fc.string(),
    payload: bytes,
    stage: fc.string(),
    code: fc.constant('wrong_type' as const),
    message: fc.string(),
  }),
};
export const rawEvent = fc.record({ ...origin, contentType: fc.string(), payload: bytes });

export const flowOf = (kind: FlowKind, lane: Partial<Flow>, rest: Partial<Flow>): Flow => ({
  ...createFlow(kind),
  ...lane,
  ...rest,
});
/** The value of a record that has to be readable. */
export function read<T>(decoded: { readonly kind: string; readonly value?: T }): T {
  expect(decoded).toMatchObject({ kind: 'value' });
  return decoded.value!;
}

export const computed = fc.record(
  {
    count_of: fc.nat(),
    sum_of: fc.double({ noNaN: true }),
    avg_of: fc.option(fc.double({ noNaN: true })),
    min_of: fc.option(fc.double({ noNaN: true })),
    max_of: fc.constant(null),
  },
  { noNullPrototype: true },
);
export const span = { start: time, end: time, revision: fc.nat({ max: 1e6 }) };
export const contents: { readonly [topic in MadeTopic]: fc.Arbitrary<MadeContent> } = {
  windows: fc.record({
    kind: fc.constant('window' as const),
    result: fc.record({
      name: fc.constantFrom('velocity', 'daily'),
      group: fc.string(),
      ...span,
      final: fc.boolean(),
      values: computed,
    }),
  }),
  alerts: fc.record({
    kind: fc.constant('alert' as const),
    alert: fc.record({
      id: fc.string(),
      name: fc.string(),
      group: fc.string(),
      severity: fc.string(),
      message: fc.string(),
      time,
      value: fc.option(fc.double({ noNaN: true })),
      score: fc.option(fc.double({ noNaN: true })),
      eventId: fc.option(fc.string()),
      window: fc.option(fc.record({ name: fc.string(), ...span })),
    }),
  }),
  partials: fc.oneof(
    fc.record({
      kind: fc.constant('partial' as const),
      window: fc.string(),
      group: fc.string(),
      start: time,
      accumulators: fc.array(fc.oneof(fc.nat(), fc.constant(null), fc.tuple(fc.integer(), fc.integer()))),
    }),
    fc.record({
      kind: fc.constant('mark' as const),
      watermark: fc.oneof(time, fc.constant(NO_TIME)),
      idle: fc.boolean(),
    }),
  ),
};
export const madeId = fc.record({
  seq: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  index: fc.nat({ max: 1e6 }),
  writer: fc.nat({ max: 99 }),
  prevSeq: fc.integer({ min: -1, max: 1e12 }),
  prevIndex: fc.integer({ min: -1, max: 1e6 }),
  time: fc.oneof(time, fc.constant(NO_TIME)),
});
