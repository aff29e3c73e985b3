import type { Catalogue, Kind } from './catalogue.ts';
import { type CompileInput, type CompileResult, compile } from './compile.ts';

const path = { type: 'string', format: 'path' };
const settings = (properties: object, required: readonly string[] = []): Kind['settings'] => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
});

/** Kinds like those of the stages, for compiling documents without them. */
export const CATALOGUE: Catalogue = {
  sources: {
    http: {
      name: 'http',
      summary: 'Events sent over HTTP.',
      settings: settings({
        auth: { type: 'string', format: 'secret' },
        body_limit: { type: 'string', format: 'bytes' },
      }),
    },
    file: {
      name: 'file',
      summary: 'A file.',
      shorthand: 'path',
      settings: settings(
        {
          path,
          format: { enum: ['json', 'csv'], default: 'json' },
          pace: { type: 'string', format: 'rate' },
          follow: { type: 'boolean', default: false },
        },
        ['path'],
      ),
      finite: ({ follow }) => follow === false,
    },
  },
  tables: {
    file: { name: 'file', summary: 'A file.', shorthand: 'path', settings: settings({ path }, ['path']) },
  },
  sinks: {
    console: { name: 'console', summary: 'Prints.', settings: settings({}) },
    store: {
      name: 'store',
      summary: 'Keeps events.',
      shorthand: 'table',
      settings: settings({ table: { const: 'events' } }, ['table']),
      check: (_, { from }) => (from === 'events' ? null : `${from} are always stored`),
    },
  },
};

const FLIGHT = JSON.stringify({
  type: 'record',
  name: 'Flight',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'date', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'delay', type: 'int' },
    { name: 'distance', type: 'int' },
    { name: 'origin', type: 'string' },
    { name: 'destination', type: ['null', 'string'], default: null },
  ],
});

export const FILES: Readonly<Record<string, string>> = {
  '/pipelines/flight.avsc': FLIGHT,
  '/pipelines/broken.avsc': '{\n  "type": "record",\n}',
  '/pipelines/text.avsc': '"string"',
  '/pipelines/functions.ts': 'export const late = (delay) => delay > 15;',
};

/** Compiles `/pipelines/p.yaml` with the files above. */
export function compileText(text: string, more: Partial<CompileInput> = {}): CompileResult {
  const load = (file: string): string | null => FILES[file] ?? null;
  return compile({ path: '/pipelines/p.yaml', text, load, catalogue: CATALOGUE, ...more });
}

export const FLIGHTS = `
pipeline: flights
lanes: 8
event: { schema: ./flight.avsc, id: string(event.id), key: event.origin, time: event.date }
time: { out_of_order: 1h, max_ahead: 10m }
sources:
  history:
    file: { path: ./flights.json, format: json, pace: 500/s }
    map: { id: row_number, date: 'parse_time(row.date, "yyyy/MM/dd HH:mm", "UTC")', delay: row.delay, distance: row.distance, origin: row.origin, destination: row.destination }
  api: { http: {} }
tables: { airports: { file: ./airports.csv, primary: iata } }
enrich: [ { name: airport, table: airports, match: event.origin, add: [city, state] } ]
aggregate:
  - { name: delays_by_origin, by: event.origin, window: { tumbling: 1d }, emit: updates, compute: { flights: count(), mean_delay: avg(event.delay), max_delay: max(event.delay), total_distance: sum(event.distance) } }
  - { name: delays_by_state, by: event.airport.state, window: { tumbling: 1d }, compute: { flights: count() } }
detect:
  - { name: severe, when: event.delay > 300, severity: high }
  - { name: delay_spike, by: event.origin, value: event.delay, method: { zscore: { threshold: 4, half_life: 30d, warmup: 30 } } }
route:
  - { name: severe_flights, when: event.delay > 300, to: [ { store: events } ] }
`;
