import type { Catalogue, Kind } from './catalogue.ts';
import { detectors } from './detectors.ts';
import {
  bundledFiles,
  choice,
  column,
  duration,
  expression,
  type JsonSchema,
  list,
  name,
  names,
  object,
  type Shape,
  text,
} from './schema-parts.ts';
import { windowFamilies } from './windows.ts';

const MAX_LANES = 1_024;
const MAX_REPEAT = 100_000;
const TRACE_RATE = 0.01;

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

/** Beside the mapping, the bare name of a kind that needs no settings. */
function orBareName(
  mapping: JsonSchema,
  kinds: Readonly<Record<string, Kind>> | undefined,
  form: Form,
): JsonSchema {
  const bare = Object.values(kinds ?? {}).filter(({ settings }) => needed(settings).length === 0);
  if (form === 'expanded' || bare.length === 0) return mapping;
  return { description: mapping.description, anyOf: [{ enum: bare.map(({ name }) => name) }, mapping] };
}

const needed = ({ required }: JsonSchema): readonly unknown[] => (required ?? []) as readonly unknown[];

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
    pipeline: name('Names the pipeline and its topics.', 'payments'),
    lanes: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_LANES,
      default: 8,
      description:
        'Partitions of every topic, and so how many processes a stage can have at most. Default: 8.',
      examples: [4],
    },
    event: eventSchema(),
    time: timeSchema(),
    trace: traceSchema(),
    secrets: list({ type: 'string', minLength: 1 }, 'Names of values that are not in the document.', {
      default: [],
      uniqueItems: true,
      examples: [['ingest_token']],
    }),
    functions: {
      ...text('A module whose exported pure functions expressions may call.', './functions.ts'),
      format: 'path',
    },
    sources: sourcesSchema(catalogue, form),
    validate: validateSchema(),
    tables: tablesSchema(catalogue, form),
    enrich: list(enrichSchema(), 'Columns of tables added to events.', { default: [] }),
    aggregate: list(aggregateSchema(), 'Windows.', { default: [] }),
    detect: list(detectSchema(), 'Detectors, which make alerts.', { default: [] }),
    route: list(routeSchema(catalogue, form), 'Where results go.', { default: [] }),
    cases: list(caseSchema(), 'Unit tests of the pipeline, run by `millrace test`.', { default: [] }),
    files: bundledFiles,
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Millrace pipeline',
    ...object({ required: ['pipeline', 'event', 'sources'], properties }),
  };
}

function eventSchema(): JsonSchema {
  return object({
    description: 'What an event is.',
    required: ['schema', 'time'],
    properties: {
      schema: {
        type: ['string', 'object'],
        minLength: 1,
        format: 'path',
        description: 'The file of the Avro schema of one event, or the schema itself.',
        examples: ['./payment.avsc'],
      },
      id: expression(
        'Tells one event from another: a repeat counts once. Default: where it came from',
        'event.payment_id',
      ),
      key: expression('Picks the lane; events of a key stay in order. Default: the id', 'event.card'),
      time: expression('When it happened, in milliseconds since 1970', 'event.paid_at'),
      priority: expression(
        "'high', 'normal' or 'low'; the lowest is refused first under load. Default: normal",
        "event.amount > 1000 ? 'high' : 'normal'",
      ),
    },
  });
}

function timeSchema(): JsonSchema {
  return {
    ...object({
      description: 'How event time passes.',
      properties: {
        out_of_order: duration('How much older than the newest of its source an event may be.', '1m', '5s'),
        max_ahead: duration('An event further ahead of its arrival is rejected.', '1h', '10m'),
        idle: duration('After so much silence a source no longer holds windows open.', '5m', '30s'),
        dedupe: duration('How long an id is remembered.', '24h', '1h'),
        keep: duration('How long windows take corrections beyond their lateness.', '1d', '1h'),
      },
    }),
    default: {},
  };
}

function traceSchema(): JsonSchema {
  return {
    ...object({
      description: 'Which events are traced, where spans are taken (docs/tracing.md).',
      properties: {
        rate: {
          type: 'number',
          minimum: 0,
          maximum: 1,
          default: TRACE_RATE,
          description: `The share of events that are traced although their sender says nothing of it. Default: ${TRACE_RATE}.`,
          examples: [0.1],
        },
      },
    }),
    default: {},
  };
}

function sourcesSchema(catalogue: Catalogue, form: Form): JsonSchema {
  const source = oneKind('source', settingsOf(catalogue.sources, form), {
    description:
      'A source of one kind, whose bare name is enough where it needs no settings. The name is part of its address and of its saved position.',
    properties: {
      map: {
        type: 'object',
        description: 'From what arrives to the event, field by field. Default: what arrives is the event.',
        additionalProperties: expression(
          'A field of the event, from `row` and `row_number`',
          'row.reference',
        ),
        minProperties: 1,
      },
    },
  });
  const description = 'Where events come from.';
  return {
    type: 'object',
    description,
    minProperties: 1,
    propertyNames: names,
    additionalProperties: orBareName(source, catalogue.sources, form),
  };
}

function validateSchema(): JsonSchema {
  const rule = object({
    required: ['name', 'check'],
    properties: {
      name: name('Names the dead letter (`rule:NAME`) or the flag.', 'plausible_amount'),
      check: expression('What must hold', 'event.amount > 0 && event.amount < 100000'),
      otherwise: choice(
        'What happens to an event for which it does not.',
        ['reject', 'flag', 'drop'],
        'reject',
      ),
      message: text('For the dead letter. Default: the check itself.', 'An amount is above 0'),
    },
  });
  return {
    ...object({
      description: 'What an event must be.',
      properties: {
        clean: {
          type: 'object',
          description: 'New values of fields, one after the other, before the rules.',
          additionalProperties: expression('The new value of this field', 'event.currency.upperAscii()'),
          default: {},
        },
        rules: list(rule, 'Checked in this order; the first that rejects or drops ends it.', { default: [] }),
        unknown_fields: choice('What a field that the schema lacks does.', ['reject', 'ignore'], 'reject'),
      },
    }),
    default: {},
  };
}

function tablesSchema(catalogue: Catalogue, form: Form): JsonSchema {
  const table = oneKind('table', settingsOf(catalogue.tables, form), {
    description: 'A table of one kind.',
    required: ['primary'],
    properties: {
      primary: text('The column that look-ups match. Each value is there once.', 'id'),
      columns: {
        type: 'object',
        additionalProperties: {
          enum: ['string', 'double', 'boolean', 'long'],
          description: 'The type of this column. Default: string.',
          examples: ['double'],
        },
        default: {},
        description: 'Types of columns.',
      },
      refresh: duration('How often it is looked at again. Default: never.', '10m'),
    },
  });
  const description = 'What events are enriched from.';
  return { type: 'object', description, propertyNames: names, additionalProperties: table, default: {} };
}

function enrichSchema(): JsonSchema {
  return object({
    required: ['name', 'table', 'match', 'add'],
    properties: {
      name: name('The added record, `event.NAME`: null where the table has no such row.', 'merchant'),
      table: name('A name under `tables`.', 'merchants'),
      match: expression('The value that the primary column has', 'event.merchant_id'),
      add: list(column, 'Columns, which may be null.', {
        minItems: 1,
        uniqueItems: true,
        examples: [['city', 'risk']],
      }),
      missing: choice(
        'What happens where the table has no such row; the flag is `NAME_missing`.',
        ['flag', 'reject', 'ignore'],
        'flag',
      ),
    },
  });
}

function aggregateSchema(): JsonSchema {
  return object({
    required: ['name', 'by', 'window', 'compute'],
    properties: {
      name: name('The window, `windows.NAME`.', 'card_velocity'),
      by: expression('The group. Null: the event is left out', 'event.card'),
      window: oneKind('window', families(windowFamilies), {
        description: 'A window of one kind.',
        properties: {},
      }),
      lateness: duration('How long after its end a window takes late events.', '30s', '0s'),
      emit: choice('When results go out: once closed, or at each event, too.', ['close', 'updates'], 'close'),
      on_late: choice('What an event later than that becomes.', ['dead_letter', 'update'], 'dead_letter'),
      when: expression('Which events count. Default: all', 'event.channel == "online"'),
      compute: {
        type: 'object',
        description: 'Aggregates, by the name of the value that they give.',
        propertyNames: names,
        minProperties: 1,
        additionalProperties: expression('An aggregate', 'sum(event.amount)'),
      },
    },
  });
}

function detectSchema(): JsonSchema {
  return object({
    required: ['name'],
    properties: {
      name: name('The name of its alerts.', 'velocity'),
      on: text('`windows.NAME`. Default: events.', 'windows.card_velocity'),
      by: expression(
        'On events: the group of a series, which has to be the key. Default: the key',
        'event.card',
      ),
      when: expression(
        'Alerts where it holds; with a method: which values are judged',
        'window.payments > 5',
      ),
      value: expression('The number that the method judges and that the alert shows', 'event.amount'),
      method: oneKind('method', families(detectors), {
        description: 'How values are judged. Default: by `when` alone.',
        properties: {},
      }),
      once_per: {
        enum: ['window'],
        description: 'On a window: one alert for each group and window. Default: one for each result.',
        examples: ['window'],
      },
      severity: choice('For people and routes.', ['low', 'medium', 'high', 'critical'], 'medium'),
      message: text(
        'For people. Default: name, group, value and score in words.',
        'More than five payments in a minute',
      ),
    },
  });
}

function routeSchema(catalogue: Catalogue, form: Form): JsonSchema {
  const sink = oneKind('sink', settingsOf(catalogue.sinks, form), {
    description: 'A sink of one kind.',
    properties: {},
  });
  return object({
    required: ['name', 'to'],
    properties: {
      name: name('Names what it hands on, and its sinks (`NAME.KIND`).', 'alarms'),
      from: {
        ...text('`events`, `alerts` or `windows.NAME`. Default: events.', 'alerts'),
        default: 'events',
      },
      when: expression('What goes there. Default: all', 'alert.severity == "high"'),
      to: list(
        orBareName(sink, catalogue.sinks, form),
        'Sinks, each of which gets all of it; a bare name where a sink needs no settings.',
        { minItems: 1, examples: [['console']] },
      ),
    },
  });
}

function caseSchema(): JsonSchema {
  const rows = (what: string, example: object): JsonSchema => ({
    type: 'array',
    items: { type: 'object' },
    description: `${what} that have to come, each with at least these fields; none: \`[]\`. Default: any.`,
    examples: [[example]],
  });
  const given = object({
    required: ['event'],
    properties: {
      event: {
        type: 'object',
        description: 'The fields that the case is about; with `source`, what arrives there.',
        examples: [{ card: 'A', amount: 10 }],
      },
      source: name('The source at which it arrives, for its `map`. Default: none.', 'history'),
      repeat: {
        type: 'integer',
        minimum: 1,
        maximum: MAX_REPEAT,
        default: 1,
        description: 'How many times. Default: 1.',
        examples: [6],
      },
      every: duration('Between repeats, in event time.', '5s', '0s'),
    },
  });
  const expected = object({
    description: 'What has to come of it.',
    properties: {
      alerts: rows('Alerts', { name: 'velocity', group: 'A' }),
      deadletters: rows('Dead letters', { code: 'rule:plausible_amount' }),
      windows: rows('Window results', { name: 'card_velocity', final: true, values: { payments: 6 } }),
      events: rows('Events that routes hand on', { route: 'large', key: 'A' }),
    },
  });
  return object({
    required: ['name', 'given', 'expect'],
    properties: {
      name: text('What it shows.', 'the sixth payment in a minute alarms'),
      given: list(given, 'Events, in this order.', { minItems: 1 }),
      expect: expected,
    },
  });
}
