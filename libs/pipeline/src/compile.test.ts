import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { compileText, FLIGHTS } from './compile.fixture.ts';
import { definePipeline } from './define-pipeline.ts';
import { formatFault } from './faults.ts';
import type { Plan } from './plan.ts';

function planOf(text: string, more: Parameters<typeof compileText>[1] = {}): Plan {
  const { plan, faults } = compileText(text, more);
  if (!plan) throw new Error(faults.map(formatFault).join('\n'));
  return plan;
}

const event = {
  id: 9007199254740993n,
  date: 1_000,
  delay: 301,
  distance: 10,
  origin: 'JFK',
  destination: null,
  airport: { city: 'New York', state: 'NY' },
  flags: [],
};

const MINIMAL = `
pipeline: flights
event: { schema: ./flight.avsc, time: event.date }
sources: { api: { http: } }
`;

test('a document becomes a plan', () => {
  const plan = planOf(FLIGHTS);
  expect(plan).toMatchObject({
    pipeline: 'flights',
    lanes: 8,
    folder: '/pipelines',
    time: {
      outOfOrderMs: 3_600_000,
      maxAheadMs: 600_000,
      idleMs: 30_000,
      dedupeMs: 3_600_000,
      keepMs: 3_600_000,
    },
    sources: [
      {
        name: 'history',
        kind: 'file',
        config: { path: '/pipelines/flights.json', format: 'json', pace: 500, follow: false },
        finite: true,
      },
      { name: 'api', kind: 'http', config: {}, map: null, finite: false },
    ],
    enrich: [{ name: 'airport', table: 'airports', add: ['city', 'state'], missing: 'flag' }],
    windows: [
      { name: 'delays_by_origin', local: true, emit: 'updates', latenessMs: 0 },
      { name: 'delays_by_state', local: false, emit: 'close', onLate: 'dead_letter' },
    ],
    detectors: [
      { name: 'severe', window: null, by: null, severity: 'high', method: null },
      { name: 'delay_spike', window: null, severity: 'medium', method: { kind: 'zscore' } },
    ],
    routes: [{ to: [{ name: 'severe_flights.store', kind: 'store', config: { table: 'events' } }] }],
  });
  expect(plan.event.ingestFields).toEqual(['id', 'date', 'origin']);
  expect(plan.fieldsUsed).toEqual({
    validate: [],
    enrich: ['origin'],
    aggregate: ['airport', 'delay', 'distance', 'origin'],
    route: ['delay'],
  });
});

test('its expressions run', () => {
  const plan = planOf(FLIGHTS);
  const [byOrigin, byState] = plan.windows;
  expect(plan.event.id!({ event })).toBe('9007199254740993');
  expect(plan.event.key!({ event })).toBe('JFK');
  expect(plan.event.time({ event })).toBe(1_000);
  expect(byOrigin!.by({ event })).toBe('JFK');
  expect(byState!.by({ event })).toBe('NY');
  expect(byState!.by({ event: { ...event, airport: null } })).toBeNull();
  expect(plan.detectors[0]!.when!({ event })).toBe(true);
  expect(byOrigin!.compute.map(({ name, value }) => [name, value?.({ event })])).toEqual([
    ['flights', undefined],
    ['mean_delay', 301],
    ['max_delay', 301],
    ['total_distance', 10],
  ]);
  const map = plan.sources[0]!.map!;
  const row = { date: '2001/01/02 10:00', delay: 5 };
  expect(map.get('date')!({ row, row_number: 7 })).toBe(Date.UTC(2001, 0, 2, 10));
  expect(map.get('id')!({ row, row_number: 7 })).toBe(7);
  expect(map.get('destination')!({ row, row_number: 7 })).toBeNull();
});

test('defaults are filled in', () => {
  const plan = planOf(MINIMAL);
  expect(plan).toMatchObject({
    lanes: 8,
    time: {
      outOfOrderMs: 5_000,
      maxAheadMs: 600_000,
      idleMs: 30_000,
      dedupeMs: 3_600_000,
      keepMs: 3_600_000,
    },
    event: { id: null, key: null, keyText: null, priority: null },
    validate: { clean: [], rules: [], unknownFields: 'reject' },
    windows: [],
    cases: [],
  });
});

test('a number may be an id, and a missing key is the empty string', () => {
  const plan = planOf(MINIMAL.replace('time:', 'id: event.id, key: event.destination, time:'));
  expect(plan.event.id!({ event })).toBe('9007199254740993');
  expect(plan.event.key!({ event })).toBe('');
});

test('an empty id is left to ingest, which refuses it', () => {
  const plan = planOf(MINIMAL.replace('time:', `id: 'coalesce(event.destination, "")', time:`));
  expect(plan.event.id!({ event })).toBe('');
});

test('without a key the id is the group that a lane sees as a whole', () => {
  const by = (group: string): string =>
    `aggregate: [ { name: w, by: ${group}, window: { tumbling: 1m }, compute: { n: count() } } ]`;
  const withId = MINIMAL.replace('time:', 'id: event.id, time:');
  expect(planOf(withId + by('event.id')).windows[0]!.local).toBe(true);
  expect(planOf(withId + by('event.origin')).windows[0]!.local).toBe(false);
  expect(planOf(MINIMAL + by('event.id')).windows[0]!.local).toBe(false);
});

test('the group is the key however it is spaced, unless clean changes what it reads', () => {
  const spaced = FLIGHTS.replace(
    'name: delays_by_origin, by: event.origin',
    'name: delays_by_origin, by: " event . origin "',
  );
  expect(planOf(spaced).windows[0]!.local).toBe(true);
  const cleaned = FLIGHTS.replace('name: delay_spike, by: event.origin,', 'name: delay_spike,');
  const clean = (field: string): Plan => planOf(`${cleaned}validate: { clean: { ${field} } }\n`);
  expect(clean('delay: abs(event.delay)').windows[0]!.local).toBe(true);
  expect(clean('origin: event.origin.upperAscii()').windows[0]!.local).toBe(false);
});

test('the hash covers document, schema and functions, not the folder', () => {
  const hash = (text: string, more = {}): string => planOf(text, more).hash;
  const first = hash(FLIGHTS);
  expect(hash(FLIGHTS)).toBe(first);
  expect(hash(FLIGHTS.replace('> 300', '> 301'))).not.toBe(first);
  expect(hash(`${FLIGHTS}\ntrace: { rate: 0.5 }\n`)).toBe(first);
  expect(hash(`${FLIGHTS}\ncases: [{ name: none, given: [{ event: {} }], expect: {} }]\n`)).toBe(first);
  const schema = JSON.stringify({ type: 'record', name: 'E', fields: [{ name: 'date', type: 'long' }] });
  const at = (load: string, path = '/pipelines/p.yaml') => ({ load: () => load, path });
  expect(hash(MINIMAL, at(schema))).not.toBe(hash(MINIMAL));
  expect(hash(MINIMAL, at(schema))).toBe(hash(MINIMAL, at(schema, '/elsewhere/p.yaml')));
  expect(hash(MINIMAL, { functions: { f: () => 1 } })).not.toBe(hash(MINIMAL, { functions: { f: () => 2 } }));
});

test('functions of a module may be called', () => {
  const text = `${MINIMAL}functions: ./functions.ts\nvalidate: { rules: [ { name: r, check: late(event.delay) } ] }\n`;
  const plan = planOf(text, { functions: { late: (delay: number) => delay > 15 } });
  expect(plan.validate.rules[0]!.check({ event })).toBe(true);
});

interface Flight {
  readonly id: bigint;
  readonly date: number;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string | null;
}

test('a text that a function has cut within a character is one that bytes can carry', () => {
  const text = `${MINIMAL}functions: ./functions.ts\naggregate: [{ name: w, by: initial(event.origin), window: { tumbling: 1m }, compute: { n: count() } }]\n`;
  const plan = planOf(text, { functions: { initial: (origin: string) => origin.slice(0, 1) } });
  expect(plan.windows[0]!.by({ event: { origin: '\u{1F600}' } })).toBe('\ufffd');
});

test('a pipeline can be defined in TypeScript, with functions for expressions', () => {
  const byOrigin = ({ event: { origin } }: { readonly event: Readonly<Flight> }) => origin;
  const object = definePipeline<Flight, { airport: { state: string | null } }>({
    pipeline: 'flights',
    event: { schema: './flight.avsc', time: ({ event }) => event.date, key: byOrigin },
    sources: {
      api: {
        http: {},
        map: {
          delay: ({ row }) => Number(row.minutes),
          id: 'row_number',
          date: 'row.at',
          distance: '1',
          origin: 'row.from',
        },
      },
    },
    tables: { airports: { file: './airports.csv', primary: 'iata' } },
    enrich: [{ name: 'airport', table: 'airports', match: 'event.origin', add: ['state'] }],
    aggregate: [
      { name: 'a', by: byOrigin, window: { tumbling: '1m' }, compute: { n: 'count()' } },
      {
        name: 'b',
        by: ({ event }) => event.airport?.state ?? null,
        window: { tumbling: '1m' },
        compute: { n: 'count()' },
      },
    ],
    detect: [{ name: 'd', when: ({ event }) => event.delay > 300 && event.flags.length === 0 }],
    route: [
      { name: 'r', from: 'alerts', when: ({ alert }) => alert.severity === 'high', to: [{ console: {} }] },
    ],
  });
  const plan = planOf('', { object });
  expect(plan.event.time({ event })).toBe(1_000);
  expect(plan.event.ingestFields).toEqual(['id', 'date', 'delay', 'distance', 'origin', 'destination']);
  expect(plan.windows.map(({ local }) => local)).toEqual([true, false]);
  expect(plan.windows[1]!.by({ event: { ...event, airport: null } })).toBeNull();
  expect(plan.detectors[0]!.when!({ event })).toBe(true);
  expect(plan.sources[0]!.map!.get('delay')!({ row: { minutes: '7' } })).toBe(7);
  expect(plan.fieldsUsed).toMatchObject({ enrich: ['origin'], aggregate: null });
});

test('functions are typed from the schema', () => {
  const pipeline = definePipeline<Flight, { airport: { state: string | null } }>({
    pipeline: 'flights',
    event: {
      schema: './flight.avsc',
      // @ts-expect-error there is no field dat
      time: ({ event }) => event.dat,
    },
    sources: { api: { http: {} } },
    aggregate: [
      {
        name: 'a',
        // @ts-expect-error the airport may be missing
        by: ({ event }) => event.airport.state,
        window: { tumbling: '1m' },
        compute: { n: 'count()' },
      },
    ],
    detect: [
      // @ts-expect-error a condition is true or false
      { name: 'd', when: ({ event }) => event.delay },
    ],
  });
  expect(pipeline.pipeline).toBe('flights');
});

test('what a function throws or returns by mistake is an expression error', () => {
  const object = definePipeline<Flight>({
    pipeline: 'flights',
    event: {
      schema: './flight.avsc',
      time: () => Number.NaN,
      key: () => {
        throw new Error('no luck');
      },
    },
    sources: { api: { http: {} } },
  });
  const plan = planOf('', { object });
  expect(() => plan.event.time({ event })).toThrow(
    expect.objectContaining({ code: 'expression_error', message: 'time is NaN, wanted a finite number' }),
  );
  expect(() => plan.event.key!({ event })).toThrow(
    expect.objectContaining({ reason: 'function_failed', message: 'key threw: no luck' }),
  );
});

test('faults of a typed pipeline name the place by its path', () => {
  const object = {
    pipeline: 'flights',
    event: { schema: './flight.avsc', time: 'event.dat' },
    sources: { api: { http: {} } },
  };
  expect(compileText('', { object }).faults.map(({ message }) => message)).toEqual([
    'event.time: event has no field dat',
  ]);
});

test('a service that does not run a section takes its kinds as they are', () => {
  const plan = planOf(FLIGHTS, { catalogue: {} });
  expect(plan.sources[0]).toMatchObject({ kind: 'file', config: { path: './flights.json', pace: '500/s' } });
});

test('the topology of flights', () => {
  const golden = JSON.parse(readFileSync(new URL('./topology.golden.json', import.meta.url), 'utf8'));
  expect(planOf(FLIGHTS).topology).toEqual(golden);
});
