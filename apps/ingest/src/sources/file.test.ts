import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Flow, NO_TIME } from '@millrace/lanes/flow';
import { decodePayload } from '@millrace/lanes/payload';
import type { EventPlan, SourcePlan } from '@millrace/pipeline/plan';
import { startIngest, until } from '../fixtures/running.ts';
import {
  byPosition,
  createFolder,
  csv,
  type Folder,
  LANES,
  ndjson,
  payment,
  payments,
  readAll,
  taken,
} from '../fixtures/running-files.ts';

let folder: Folder;
beforeEach(() => {
  folder = createFolder();
});
afterEach(() => folder.remove());
const write = (name: string, text: string | Buffer) => folder.write(name, text);

const recordOf = ({ contentType, payload }: Flow) => decodePayload(contentType, payload!).record;

test.each([
  ['a.json', JSON.stringify(payments(20))],
  ['a.json', JSON.stringify(payments(20), null, 2)],
  ['a.ndjson', ndjson(payments(20))],
  ['a.csv', csv(payments(20))],
  ['a.tsv', csv(payments(20)).replaceAll(',', '\t')],
])('%s: every row is an event with its position, in the order of the file', async (name, text) => {
  write(name, text);
  const running = await readAll(folder.plan(name));
  const flows = byPosition(taken(running));
  expect(flows.map(({ position, id, key }) => `${position} ${id} ${key}`)).toEqual(
    payments(20).map(({ payment_id, card }, i) => `${i} ${payment_id} ${card}`),
  );
  for (const [i, flow] of flows.entries()) {
    expect(flow).toMatchObject({
      kind: 'event',
      source: 'history',
      eventTime: Date.UTC(2026, 0, 1) + i * 1_000,
    });
    expect(flow.digest).toBeGreaterThan(0);
    const texts = Object.fromEntries(
      Object.entries(payment(i)).map(([field, value]) => [field, String(value)]),
    );
    expect(recordOf(flow)).toEqual(name.endsWith('sv') ? texts : payment(i));
  }
  for (let lane = 0; lane < LANES; lane++) {
    const positions = taken(running, lane).map(({ position }) => position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  }
});

test('a part is opened in every lane before its events, and has ended behind them', async () => {
  write('a.ndjson', ndjson(payments(50)));
  const running = await readAll(folder.plan('a.ndjson'));
  for (let lane = 0; lane < LANES; lane++) {
    const [opened, ...events] = running.flows(lane);
    expect(opened).toMatchObject({ kind: 'opened', parts: 1, ordered: true, source: 'history' });
    expect(opened!.partName).toMatch(/^history:a\.ndjson#[0-9a-f]{12}$/);
    const ended = running.ticks(lane).filter((tick) => tick.ended);
    expect(ended).toHaveLength(1);
    expect(ended[0]).toMatchObject({
      part: opened!.part,
      position: 49,
      eventTime: Date.UTC(2026, 0, 1) + 49_000,
      ingestTime: expect.any(Number),
    });
    expect(events.every(({ part }) => part === opened!.part)).toBe(true);
  }
});

test('without an id of its own an event is known by its part and position', async () => {
  write('a.ndjson', ndjson(payments(3)));
  const running = await readAll(folder.plan('a.ndjson', {}, { id: null, key: null }));
  const flows = byPosition(taken(running));
  expect(
    flows.map(
      ({ id, key, part, position }) =>
        [id, key].join() === [`history-${part.toString(16).padStart(12, '0')}-${position}`, id].join(),
    ),
  ).toEqual([true, true, true]);
  expect(flows.every(({ digest }) => digest === 0)).toBe(true);
});

test('rows that can not be read go on as rejected records, with file, row and reason', async () => {
  const good = (id: number) => JSON.stringify(payment(id));
  const noTime = JSON.stringify({ ...payment(3), paid_at: undefined });
  write(
    'a.ndjson',
    Buffer.from(
      `${good(0)}\n{"payment_id":\n${good(2)}\n${noTime}\n{"x":"\xff"}\n[]\n${good(6)}\n`,
      'latin1',
    ),
  );
  const running = await readAll(folder.plan('a.ndjson'));
  const flows = byPosition(taken(running));
  expect(flows.map(({ kind, code }) => `${kind} ${code}`)).toEqual([
    'event ',
    'rejected malformed_json',
    'event ',
    'rejected missing_field',
    'rejected invalid_utf8',
    'rejected wrong_type',
    'event ',
  ]);
  const bad = flows[1]!;
  expect(bad).toMatchObject({
    stage: 'ingest',
    position: 1,
    eventTime: NO_TIME,
    contentType: 'application/json',
  });
  expect(bad.message).toContain(`a.ndjson, row 2 from byte ${good(0).length + 1}: `);
  expect(bad.id).toBe(`history-${bad.part.toString(16).padStart(12, '0')}-1`);
  expect(bad.key).toBe(bad.id);
  expect(Buffer.from(bad.payload!).toString()).toBe('{"payment_id":');
});

test('a time of seconds with a fraction is whole milliseconds, and one that no record can carry is refused', async () => {
  const seconds = [1_700_000_000.123, 1.0005, -1e300, -8e12, 1e300];
  write('a.ndjson', ndjson(seconds.map((amount, i) => payment(i, { amount }))));
  const time: EventPlan['time'] = ({ event }) => Number(event!.amount) * 1_000;
  const running = await readAll(
    folder.plan('a.ndjson', {}, { time, ingestFields: ['payment_id', 'card', 'amount'] }),
  );
  const flows = byPosition(taken(running));
  expect(flows.map(({ code, eventTime }) => [code, eventTime])).toEqual([
    ['', 1_700_000_000_123],
    ['', 1_001],
    ['bad_time', NO_TIME],
    ['bad_time', NO_TIME],
    ['bad_time', NO_TIME],
  ]);
});

test('an array that breaks off gives one rejected record with what is left', async () => {
  const text = JSON.stringify(payments(5));
  write('a.json', text.slice(0, -10));
  const running = await readAll(folder.plan('a.json'));
  const flows = byPosition(taken(running));
  expect(flows.map(({ kind }) => kind)).toEqual(['event', 'event', 'event', 'event', 'rejected']);
  expect(flows[4]!.message).toContain('the input ends within this value');
  expect(Buffer.from(flows[4]!.payload!).toString()).toBe(JSON.stringify(payment(4)).slice(0, -9));
});

test('a map computes fields from the row and its number', async () => {
  write('a.csv', 'Date;Amount;card\n2026-01-01;5;A\n2026-01-02;6;B\n');
  const map: SourcePlan['map'] = new Map<
    string,
    (scope: { row?: Record<string, unknown>; row_number?: number }) => unknown
  >([
    ['payment_id', ({ row_number }) => `row ${row_number}`],
    ['card', ({ row }) => row!.card],
    ['paid_at', ({ row }) => Date.parse(String(row!.Date))],
  ]);
  const running = await readAll(folder.plan('a.csv', { map, config: { delimiter: ';' } }));
  expect(byPosition(taken(running))).toMatchObject([
    { id: 'row 0', key: 'A', eventTime: Date.UTC(2026, 0, 1), contentType: 'text/csv; delimiter=semicolon' },
    { id: 'row 1', key: 'B', eventTime: Date.UTC(2026, 0, 2) },
  ]);
});

test('every file that a pattern matches is a part; all are opened before the first event of any', async () => {
  mkdirSync(join(folder.path, 'data'));
  write('data/b.ndjson', ndjson(payments(30, 30)));
  write('data/a.ndjson', ndjson(payments(30)));
  write('data/other.txt', 'not this');
  const running = await readAll(folder.plan('data/*.ndjson'));
  for (let lane = 0; lane < LANES; lane++) {
    const [first, second, ...events] = running.flows(lane);
    expect([first!.partName, second!.partName].map((name) => name.split('#')[0])).toEqual([
      'history:data/a.ndjson',
      'history:data/b.ndjson',
    ]);
    expect([first!.parts, second!.parts]).toEqual([2, 2]);
    expect(events.every(({ kind }) => kind === 'event')).toBe(true);
  }
  expect(taken(running)).toHaveLength(60);
});

test('of several files the one that is behind in event time is read first', async () => {
  write('a.ndjson', ndjson(payments(40)));
  write('b.ndjson', ndjson(payments(40, 20)));
  const plan = folder.plan('*.ndjson', {}, { key: () => 'one' });
  const running = await readAll(plan, { bounds: { sliceRecords: 5 } });
  const times = taken(running).map(({ eventTime }) => eventTime);
  const behind = times.map((time, i) => Math.max(...times.slice(0, i + 1)) - time);
  // A slice of each at the start; from then on no more than a slice apart.
  expect(Math.max(...behind.slice(30))).toBeLessThanOrEqual(5_000);
});

test('no file and no format are said at the start', async () => {
  await expect(startIngest({ plan: folder.plan('none-*.csv') })).rejects.toThrow(
    /no file matches .*none-\*\.csv/,
  );
  write('a.dat', '');
  await expect(startIngest({ plan: folder.plan('a.dat') })).rejects.toThrow(
    /add format: json \| ndjson \| csv/,
  );
});

test('an empty file ends at once', async () => {
  write('a.csv', '');
  const running = await readAll(folder.plan('a.csv'));
  expect(taken(running)).toEqual([]);
  expect(running.ticks(0).at(-1)).toMatchObject({ ended: true, position: -1, eventTime: NO_TIME });
});

test('a time far in the future does not move the ticks', async () => {
  write('a.ndjson', ndjson([payment(0), payment(1, { paid_at: '2999-01-01T00:00:00Z' }), payment(2)]));
  const running = await readAll(folder.plan('a.ndjson'));
  expect(running.ticks(0).at(-1)!.eventTime).toBe(Date.UTC(2026, 0, 1) + 2_000);
});

test('a pace is kept evenly', async () => {
  write('a.ndjson', ndjson(payments(60)));
  const started = Date.now();
  const running = await readAll(folder.plan('a.ndjson', { config: { pace: 200 } }), {
    bounds: { paceStepMs: 10 },
  });
  expect(Date.now() - started).toBeGreaterThanOrEqual(280);
  const times = [...new Set(byPosition(taken(running)).map(({ ingestTime }) => ingestTime))];
  expect(times.length).toBeGreaterThan(3);
});

test('it waits while the pipeline is behind', async () => {
  write('a.ndjson', ndjson(payments(100)));
  let lag = 10_000;
  const bounds = { sliceRecords: 10, lagRecordsMax: 50, tickMs: 5 };
  const running = await startIngest({ plan: folder.plan('a.ndjson'), lag: () => lag, bounds });
  await until(() => running.ticks(0).length > 5, 'some time to pass');
  expect(taken(running)).toEqual([]);
  lag = 0;
  await running.ingest.finished;
  expect(taken(running)).toHaveLength(100);
  await running.stop();
});

test('a log that will never take a record ends the reading with its reason', async () => {
  write('a.ndjson', ndjson(payments(3)));
  const running = await startIngest({ plan: folder.plan('a.ndjson') });
  running.memory.fate = () => 'refused';
  await until(() => running.failures.length > 0, 'the failure to be told');
  expect(running.failures[0]).toMatchObject({
    name: 'LaneStopped',
    code: 'append_refused',
    message: expect.stringContaining('2000000 bytes'),
  });
  await running.stop();
});
