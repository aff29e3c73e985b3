import { avroType, SchemaError } from './avro-type.ts';
import type { AvroSchema, ColumnType, DerivedSchemas, EnrichPlan, TablePlan, WindowPlan } from './plan.ts';

type Field = { readonly name: string; readonly type: AvroSchema; readonly default?: null };

/** First in every record that goes through the stages, so that it can be read without knowing the schema. */
const LANE_FIELDS: readonly Field[] = [
  'lane_seq',
  'lane_prev',
  'part',
  'position',
  'event_time',
  'ingest_time',
].map((name) => ({ name, type: 'long' }));

/** First in every record that a stage makes itself. */
const MADE_FIELDS: readonly Field[] = [
  { name: 'lane_seq', type: 'long' },
  { name: 'lane_index', type: 'int' },
  { name: 'lane_writer', type: 'int' },
  { name: 'lane_prev_seq', type: 'long' },
  { name: 'lane_prev_index', type: 'int' },
  { name: 'lane_time', type: 'long' },
];

/** Names that an enrichment can't have, since its record stands beside these fields. */
export const RESERVED_ENRICHMENTS: ReadonlySet<string> = new Set([
  ...LANE_FIELDS.map(({ name }) => name),
  ...['source', 'id', 'key', 'digest', 'attempt', 'event', 'flags_validate', 'flags_enrich', 'late'],
]);

/** Names that a window's computed values can't have. */
export const RESERVED_VALUES: ReadonlySet<string> = new Set([
  ...MADE_FIELDS.map(({ name }) => name),
  ...['group', 'start', 'end', 'revision', 'final'],
]);

const TIME: AvroSchema = { type: 'long', logicalType: 'timestamp-millis' };
const TEXTS: AvroSchema = { type: 'array', items: 'string' };

/**
 * The Avro schemas of the pipeline's topics, in the namespace `millrace.PIPELINE`. Each begins with the lane fields;
 * an enriched record is the validated one with fields after it, an aggregated one the enriched one, so that a stage
 * adds bytes to those that it read. What a document may gain or lose (enrichments, their columns, a window's values)
 * is nullable, so that what was written before stays readable.
 * Throws `SchemaError` when a name of the user's is taken.
 */
export function deriveSchemas(parts: {
  readonly pipeline: string;
  readonly event: AvroSchema;
  readonly enrich: readonly EnrichPlan[];
  readonly tables: readonly TablePlan[];
  readonly windows: readonly Pick<WindowPlan, 'name' | 'compute'>[];
}): DerivedSchemas {
  const namespace = `millrace.${parts.pipeline}`;
  const flow = (name: string, ...fields: Field[]): AvroSchema =>
    record(namespace, name, [...LANE_FIELDS, ...fields]);
  const made = (name: string, ...fields: Field[]): AvroSchema =>
    record(namespace, name, [...MADE_FIELDS, ...fields]);
  const origin = [text('source'), text('id'), text('key'), field('digest', 'long')];
  const validated = [
    ...origin,
    field('attempt', 'int'),
    field('event', inNamespace(parts.event, `${namespace}.event`)),
    field('flags_validate', TEXTS),
  ];
  const enriched = [...validated, ...enrichments(parts.enrich, parts.tables), field('flags_enrich', TEXTS)];
  const refused = [...origin, field('attempt', 'int'), text('content_type'), text('stage')];
  const schemas: DerivedSchemas = {
    raw: flow('Raw', ...origin, text('content_type'), field('payload', 'bytes')),
    tick: flow('Tick', field('ended', 'boolean')),
    opened: flow(
      'Opened',
      text('source'),
      text('part_name'),
      field('parts', 'int'),
      field('ordered', 'boolean'),
    ),
    rejected: flow('Rejected', ...refused, text('code'), text('message'), field('payload', 'bytes')),
    replay: flow('Replay', ...refused, field('payload', 'bytes')),
    validated: flow('Validated', ...validated),
    enriched: flow('Enriched', ...enriched),
    aggregated: flow('Aggregated', ...enriched, field('late', 'boolean')),
    windows: new Map(
      parts.windows.map((window) => [window.name, made(`Window_${window.name}`, ...windowFields(window))]),
    ),
    alert: made('Alert', ...ALERT_FIELDS),
    partial: made('Partial', text('window'), text('group'), field('start', TIME), text('accumulators')),
    mark: made('Mark', field('watermark', 'long'), field('idle', 'boolean')),
  };
  check(schemas);
  return schemas;
}

/** The name of the nested record, and of the field, is the enrichment's. */
function enrichments(enrich: readonly EnrichPlan[], tables: readonly TablePlan[]): Field[] {
  return enrich.map(({ name, table, add }) => {
    const { columns } = tables.find((candidate) => candidate.name === table)!;
    const fields = add.map((column) => nullable(column, columns.get(column)! satisfies ColumnType));
    return nullable(name, { type: 'record', name: `Enrichment_${name}`, fields });
  });
}

function windowFields({ compute }: Pick<WindowPlan, 'compute'>): Field[] {
  return [
    text('group'),
    field('start', TIME),
    field('end', TIME),
    field('revision', 'int'),
    field('final', 'boolean'),
    ...compute.map(({ name, aggregate }) => nullable(name, aggregate.schema)),
  ];
}

const ALERT_FIELDS: readonly Field[] = [
  text('id'),
  text('name'),
  text('group'),
  text('severity'),
  text('message'),
  field('time', TIME),
  nullable('value', 'double'),
  nullable('score', 'double'),
  nullable('event_id', 'string'),
  nullable('window', {
    type: 'record',
    name: 'AlertWindow',
    fields: [text('name'), field('start', TIME), field('end', TIME), field('revision', 'int')],
  }),
];

function field(name: string, type: AvroSchema): Field {
  return { name, type };
}

function text(name: string): Field {
  return { name, type: 'string' };
}

function nullable(name: string, type: AvroSchema): Field {
  const branches = Array.isArray(type) ? (type as readonly AvroSchema[]) : [type];
  return { name, type: ['null', ...branches.filter((branch) => branch !== 'null')], default: null };
}

function record(namespace: string, name: string, fields: readonly Field[]): AvroSchema {
  return { type: 'record', name, namespace, fields };
}

/** A schema without a namespace would take over ours, and its names could be ours too. */
function inNamespace(schema: AvroSchema, namespace: string): AvroSchema {
  const named = schema as { readonly name?: unknown; readonly namespace?: unknown };
  const qualified = typeof named.namespace === 'string' || String(named.name).includes('.');
  return qualified ? schema : { ...(schema as object), namespace };
}

function check(schemas: DerivedSchemas): void {
  const { windows, ...rest } = schemas;
  for (const schema of [...Object.values(rest), ...windows.values()]) {
    try {
      avroType(schema);
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      const { name } = schema as { readonly name: string };
      throw new SchemaError(`the records of ${name} can't be stored: ${error.message}`, { cause: error });
    }
  }
}
