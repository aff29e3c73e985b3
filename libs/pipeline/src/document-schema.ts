import type { Catalogue, Kind } from './catalogue.ts';
import { detectors } from './detectors.ts';
import { windowFamilies } from './windows.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Names that a document gives. */
export const NAME_PATTERN = '^[a-z][a-z0-9_]*$';
const MAX_LANES = 1_024;
const MAX_NAME = 64;
const MAX_REPEAT = 100_000;

const name: JsonSchema = { type: 'string', pattern: NAME_PATTERN, maxLength: MAX_NAME };
/** Columns become fields of Avro records. */
const column: JsonSchema = {
  type: 'string',
  pattern: '^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$',
  maxLength: MAX_NAME,
};
const names: JsonSchema = { pattern: NAME_PATTERN, maxLength: MAX_NAME };
const text: JsonSchema = { type: 'string', minLength: 1 };
const expression = (description: string): JsonSchema => ({
  type: ['string', 'number', 'boolean'],
  minLength: 1,
  description: `${description} (expression)`,
});
const duration = (description: string, standard?: string): JsonSchema => ({
  type: 'string',
  format: 'duration',
  description: standard === undefined ? description : `${description} Default: ${standard}.`,
  ...(standard === undefined ? {} : { default: standard }),
});
const choice = (description: string, values: readonly string[], standard: string): JsonSchema => ({
  enum: values,
  description: `${description} Default: ${standard}.`,
  default: standard,
});

interface Shape {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
}

const object = ({ required = [], properties, description }: Shape): JsonSchema => ({
  type: 'object',
  ...(description === undefined ? {} : { description }),
  ...(required.length > 0 ? { required } : {}),
  properties,
  additionalProperties: false,
});

/** Exactly one of the kinds, beside the properties that all of them have. */
function oneKind(what: string, kinds: Readonly<Record<string, JsonSchema>> | null, shape: Shape): JsonSchema {
  const known = kinds ?? {};
  return {
    ...object({ ...shape, properties: { ...known, ...shape.properties } }),
    'x-kind': what,
    'x-kinds': Object.keys(known),
    // A service that does not run the section knows none of its kinds, and leaves them to those that do.
    ...(kinds === null ? { additionalProperties: true } : {}),
  };
}

type Form = 'published' | 'expanded';

function settingsOf(
  kinds: Readonly<Record<string, Kind>> | undefined,
  form: Form,
): Record<string, JsonSchema> | null {
  if (!kinds) return null;
  return Object.fromEntries(Object.values(kinds).map((kind) => [kind.name, kindSettings(kind, form)]));
}

function kindSettings(kind: Kind, form: Form): JsonSchema {
  const settings: JsonSchema = { description: kind.summary, ...kind.settings };
  if (form === 'expanded' || kind.shorthand === undefined) return settings;
  const short = (kind.settings.properties as Record<string, JsonSchema> | undefined)?.[kind.shorthand];
  return short ? { description: kind.summary, anyOf: [short, settings] } : settings;
}

const families = (list: readonly { name: string; summary: string; settings: JsonSchema }[]) =>
  Object.fromEntries(list.map((each) => [each.name, { description: each.summary, ...each.settings }]));

/**
 * The JSON Schema (draft 2020-12) of pipeline documents with the kinds of this catalogue, for editors and for
 * `docs/pipeline.schema.json`. The form `expanded` has no shorthands, so that each fault has one cause.
 */
export function documentSchema(catalogue: Catalogue, form: Form = 'published'): JsonSchema {
  const properties = {
    pipeline: { ...name, description: 'Names the pipeline and its topics.' },
    lanes: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_LANES,
      default: 8,
      description: 'Partitions of every topic. Default: 8. Changes only with `millrace reset`.',
    },
    event: eventSchema(),
    time: timeSchema(),
    secrets: { type: 'array', items: { type: 'string', minLength: 1 }, default: [], uniqueItems: true },
    functions: {
      ...text,
      format: 'path',
      description: 'A module whose pure functions expressions may call.',
    },
    sources: sourcesSchema(catalogue, form),
    validate: validateSchema(),
    tables: tablesSchema(catalogue, form),
    enrich: { type: 'array', items: enrichSchema(), default: [] },
    aggregate: { type: 'array', items: aggregateSchema(), default: [] },
    detect: { type: 'array', items: detectSchema(), default: [] },
    route: { type: 'array', items: routeSchema(catalogue, form), default: [] },
    cases: { type: 'array', items: caseSchema(), default: [] },
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Millrace pipeline',
    ...object({ required: ['pipeline', 'event', 'sources'], properties }),
  };
}

function eventSchema(): JsonSchema {
  return object({
    required: ['schema', 'time'],
    properties: {
      schema: {
        type: ['string', 'object'],
        minLength: 1,
        format: 'path',
        description: 'The file of the Avro schema, or the schema itself.',
      },
      id: expression('Tells one event from another. Default: where it came from'),
      key: expression('Picks the lane; events of a key stay in order. Default: the id'),
      time: expression('When it happened, in milliseconds'),
      priority: expression("'high', 'normal' or 'low': what is refused first under load. Default: normal"),
    },
  });
}

function timeSchema(): JsonSchema {
  return {
    ...object({
      properties: {
        out_of_order: duration('How much older than the newest an event may be.', '5s'),
        max_ahead: duration('How far ahead of its arrival an event may be.', '10m'),
        idle: duration('After how much silence a source no longer holds windows open.', '30s'),
        dedupe: duration('How long an id is remembered.', '1h'),
        keep: duration('How long closed windows take corrections beyond their lateness.', '1h'),
      },
    }),
    default: {},
  };
}

function sourcesSchema(catalogue: Catalogue, form: Form): JsonSchema {
  const source = oneKind('source', settingsOf(catalogue.sources, form), {
    properties: {
      map: {
        type: 'object',
        additionalProperties: expression('From `row` and `row_number` to this field of the event'),
        minProperties: 1,
      },
    },
  });
  return { type: 'object', minProperties: 1, propertyNames: names, additionalProperties: source };
}

function validateSchema(): JsonSchema {
  const rule = object({
    required: ['name', 'check'],
    properties: {
      name,
      check: expression('What must hold'),
      otherwise: choice(
        'What happens to an event for which it does not.',
        ['reject', 'flag', 'drop'],
        'reject',
      ),
      message: text,
    },
  });
  return {
    ...object({
      properties: {
        clean: {
          type: 'object',
          additionalProperties: expression('The new value of this field'),
          default: {},
        },
        rules: { type: 'array', items: rule, default: [] },
        unknown_fields: choice('What a field that the schema lacks does.', ['reject', 'ignore'], 'reject'),
      },
    }),
    default: {},
  };
}

function tablesSchema(catalogue: Catalogue, form: Form): JsonSchema {
  const table = oneKind('table', settingsOf(catalogue.tables, form), {
    required: ['primary'],
    properties: {
      primary: { ...text, description: 'The column that look-ups match.' },
      columns: {
        type: 'object',
        additionalProperties: { enum: ['string', 'double', 'boolean', 'long'] },
        default: {},
        description: 'Types of columns. Default: string.',
      },
      refresh: duration('How often it is read again. Default: never.'),
    },
  });
  return { type: 'object', propertyNames: names, additionalProperties: table, default: {} };
}

function enrichSchema(): JsonSchema {
  return object({
    required: ['name', 'table', 'match', 'add'],
    properties: {
      name: { ...name, description: 'The added record: event.NAME.' },
      table: name,
      match: expression('The value that the primary column has'),
      add: { type: 'array', items: column, minItems: 1, uniqueItems: true },
      missing: choice('What happens where the table has no such row.', ['flag', 'reject', 'ignore'], 'flag'),
    },
  });
}

function aggregateSchema(): JsonSchema {
  return object({
    required: ['name', 'by', 'window', 'compute'],
    properties: {
      name,
      by: expression('The group. Null: the event is left out'),
      window: oneKind('window', families(windowFamilies), { properties: {} }),
      lateness: duration('How long after its end a window takes late events.', '0s'),
      emit: choice('When results go out: once closed, or at each event, too.', ['close', 'updates'], 'close'),
      on_late: choice('What an event later than that becomes.', ['dead_letter', 'update'], 'dead_letter'),
      when: expression('Which events count'),
      compute: {
        type: 'object',
        propertyNames: names,
        minProperties: 1,
        additionalProperties: expression('An aggregate: count(), sum(event.amount)'),
      },
    },
  });
}

function detectSchema(): JsonSchema {
  return object({
    required: ['name'],
    properties: {
      name,
      on: { ...text, description: 'windows.NAME. Default: events.' },
      by: expression('The group of the series; on events, the key'),
      when: expression('Alerts where it holds; with a method, which values are judged'),
      value: expression('The number that the method judges and that the alert shows'),
      method: oneKind('method', families(detectors), { properties: {} }),
      once_per: { enum: ['window'] },
      severity: choice('', ['low', 'medium', 'high', 'critical'], 'medium'),
      message: text,
    },
  });
}

function routeSchema(catalogue: Catalogue, form: Form): JsonSchema {
  const sink = oneKind('sink', settingsOf(catalogue.sinks, form), { properties: {} });
  return object({
    required: ['name', 'to'],
    properties: {
      name,
      from: { ...text, default: 'events', description: 'events, alerts or windows.NAME. Default: events.' },
      when: expression('What goes there'),
      to: { type: 'array', items: sink, minItems: 1 },
    },
  });
}

function caseSchema(): JsonSchema {
  const rows: JsonSchema = { type: 'array', items: { type: 'object' } };
  const given = object({
    required: ['event'],
    properties: {
      event: { type: 'object' },
      source: name,
      repeat: { type: 'integer', minimum: 1, maximum: MAX_REPEAT, default: 1 },
      every: duration('Between repeats, in event time.', '0s'),
    },
  });
  return object({
    required: ['name', 'given', 'expect'],
    properties: {
      name: text,
      given: { type: 'array', items: given, minItems: 1 },
      expect: object({ properties: { alerts: rows, deadletters: rows, windows: rows, events: rows } }),
    },
  });
}
