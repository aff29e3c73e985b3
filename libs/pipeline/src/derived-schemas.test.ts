import { expect, test } from '@jest/globals';
import avro from 'avsc';
import { aggregates } from './aggregates.ts';
import { deriveSchemas, RESERVED_ENRICHMENTS, RESERVED_VALUES } from './derived-schemas.ts';
import type { AvroSchema } from './plan.ts';

const event: AvroSchema = {
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'card', type: { type: 'record', name: 'Card', fields: [{ name: 'number', type: 'string' }] } },
    { name: 'former', type: ['null', 'Card'], default: null },
  ],
};

function derive(schema: AvroSchema = event) {
  return deriveSchemas({
    pipeline: 'payments',
    event: schema,
    enrich: [
      { name: 'merchant', table: 'merchants', match: () => null, add: ['city', 'risk'], missing: 'flag' },
    ],
    tables: [
      {
        name: 'merchants',
        kind: 'file',
        config: {},
        primary: 'id',
        columns: new Map([
          ['city', 'string'],
          ['risk', 'double'],
        ]),
        refreshMs: null,
      },
    ],
    windows: [
      {
        name: 'velocity',
        compute: aggregates.map((aggregate) => ({
          name: `${aggregate.name}_of`,
          aggregate,
          value: null,
          parameters: [],
        })),
      },
    ],
  });
}

const fieldsOf = (schema: AvroSchema) =>
  (schema as unknown as { fields: { name: string; type: unknown }[] }).fields.map(({ name }) => name);

test('every schema is Avro in the pipeline’s namespace and begins with its lane fields', () => {
  const { windows, alert, partial, mark, ...flow } = derive();
  const lane = ['lane_seq', 'lane_prev', 'part', 'position', 'event_time', 'ingest_time'];
  const made = ['lane_seq', 'lane_index', 'lane_writer', 'lane_prev_seq', 'lane_prev_index', 'lane_time'];
  for (const schema of Object.values(flow)) expect(fieldsOf(schema).slice(0, 6)).toEqual(lane);
  for (const schema of [...windows.values(), alert, partial, mark])
    expect(fieldsOf(schema).slice(0, 6)).toEqual(made);
  const names = [...Object.values(flow), ...windows.values(), alert, partial, mark].map(
    (schema) => avro.Type.forSchema(schema as never).name,
  );
  expect(names.every((name) => name!.startsWith('millrace.payments.'))).toBe(true);
  expect(new Set(names).size).toBe(names.length);
});

test('an enriched record is a validated one with fields after it, an aggregated one an enriched one', () => {
  const { validated, enriched, aggregated } = derive();
  expect(fieldsOf(enriched)).toEqual([...fieldsOf(validated), 'merchant', 'flags_enrich']);
  expect(fieldsOf(aggregated)).toEqual([...fieldsOf(enriched), 'late']);
});

test('the user’s types keep their names apart from the pipeline’s', () => {
  const clash = { type: 'record', name: 'Validated', fields: [{ name: 'x', type: 'int' }] };
  const { validated } = derive(clash);
  const type = avro.Type.forSchema(validated as never) as unknown as {
    fields: { name: string; type: { name: string } }[];
  };
  expect(type.fields.find(({ name }) => name === 'event')!.type.name).toBe(
    'millrace.payments.event.Validated',
  );
  const qualified = derive({ ...clash, namespace: 'shop' }).validated as unknown as {
    fields: { type: object }[];
  };
  expect(qualified.fields).toContainEqual({ name: 'event', type: { ...clash, namespace: 'shop' } });
  expect(() => derive({ ...clash, namespace: 'millrace.payments' })).toThrow(
    "the records of Validated can't be stored: duplicate type name",
  );
});

test('a reader with another enrichment and other values reads what was written before', () => {
  const before = derive();
  const read = (reader: AvroSchema, writer: AvroSchema) => {
    const [to, from] = [reader, writer].map((schema) => avro.Type.forSchema(schema as never));
    return to!.createResolver(from!);
  };
  const plain = deriveSchemas({
    pipeline: 'payments',
    event,
    enrich: [],
    tables: [],
    windows: [{ name: 'velocity', compute: [] }],
  });
  expect(() => read(before.enriched, plain.enriched)).not.toThrow();
  expect(() => read(plain.enriched, before.enriched)).not.toThrow();
  expect(() => read(before.windows.get('velocity')!, plain.windows.get('velocity')!)).not.toThrow();
});

test('reserved names are those that the records have already', () => {
  const { aggregated, windows } = derive();
  expect(fieldsOf(aggregated).filter((name) => !RESERVED_ENRICHMENTS.has(name))).toEqual(['merchant']);
  expect(fieldsOf(windows.get('velocity')!).filter((name) => !RESERVED_VALUES.has(name))).toEqual(
    aggregates.map(({ name }) => `${name}_of`),
  );
});
