import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Flow, NO_TIME } from '@millrace/lanes/flow';
import { decodePayload } from '@millrace/lanes/payload';
import type { EventPlan, Plan, SourcePlan } from '@millrace/pipeline/plan';
import { eventPlanOf, planOf, sourceOf } from '@millrace/testkit/plans';
import { createMemoryLog } from '../testing/memory-log.ts';
import { createMemoryState } from '../testing/memory-state.ts';
import { type Running, type RunningOptions, startIngest, until } from '../testing/running.ts';

const LANES = 3;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const fileSource = (path: string, parts: Partial<SourcePlan> & { readonly config?: object } = {}): SourcePlan =>
  sourceOf('history', { kind: 'file', finite: true, ...parts, config: { path: join(folder, path), ...parts.config } });

function planWith(source: SourcePlan, event: Partial<EventPlan> = {}): Plan {
  return planOf({ lanes: LANES, folder, sources: [source], event: { ...eventPlanOf(), ...event } });
}

/** Reads to the end. */
async function readAll(plan: Plan, options: Partial<RunningOptions> = {}): Promise<Running> {
  const running = await startIngest({ plan, ...options });
  await running.ingest.finished;
  await running.stop();
  expect(running.failures).toEqual([]);
  return running;
}

const payment = (id: number, fields: object = {}) => ({
  payment_id: `p${id}`,
  card: `card ${id % 5}`,
  amount: id,
  currency: 'EUR',
  paid_at: new Date(Date.UTC(2026, 0, 1) + id * 1_000).toISOString(),
  ...fields,
});
const payments = (count: number, from = 0) => Array.from({ length: count }, (_, i) => payment(from + i));
const ndjson = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const csv = (rows: readonly object[]) =>
  [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))].map((cells) => `${cells.join(',')}\r\n`).join('');
const write = (name: string, text: string | Buffer) => writeFileSync(join(folder, name), text);
const taken = (running: Running, lane?: number): Flow[] => running.flows(lane).filter(({ kind }) => kind !== 'opened');
const byPosition = (flows: Flow[]) => flows.sort((a, b) => a.position - b.position);
const recordOf = ({ contentType, payload }: Flow) => decodePayload(contentType, payload!).record;

test.each([
  ['a.json', JSON.stringify(payments(20))],
  ['a.json', JSON.stringify(payments(20), null, 2)],
  ['a.ndjson', ndjson(payments(20))],
  ['a.csv', csv(payments(20))],
  ['a.tsv', csv(payments(20)).replaceAll(',', '\t')],
])('%s: every row is an event with its position, in the order of the file', async (name, text) => {
  write(name, text);
  const running = await readAll(planWith(fileSource(name)));
  const flows = byPosition(taken(running));
  expect(flows.map(({ position, id, key }) => `${position} ${id} ${key}`)).toEqual(
    payments(20).map(({ payment_id, card }, i) => `${i} ${payment_id} ${card}`),
  );
  for (const [i, flow] of flows.entries()) {
    expect(flow).toMatchObject({ kind: 'event', source: 'history', eventTime: Date.UTC(2026, 0, 1) + i * 1_000 });
    expect(flow.digest).toBeGreaterThan(0);
    const texts = Object.fromEntries(Object.entries(payment(i)).map(([field, value]) => [field, String(value)]));
    expect(recordOf(flow)).toEqual(name.endsWith('sv') ? texts : payment(i));
  }
  for (let lane = 0; lane < LANES; lane++) {
    const positions = taken(running, lane).map(({ position }) => position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  }
});

test('a part is opened in every lane before its events, and has ended behind them', async () => {
  write('a.ndjson', ndjson(payments(50)));
  const running = await readAll(planWith(fileSource('a.ndjson')));
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
  const running = await readAll(planWith(fileSource('a.ndjson'), { id: null, key: null }));
  const flows = byPosition(taken(running));
  expect(flows.map(({ id, key, part, position }) => [id, key].join() === [`history-${part.toString(16).padStart(12, '0')}-${position}`, id].join())).toEqual([true, true, true]);
  expect(flows.every(({ digest }) => digest === 0)).toBe(true);
});

test.each(['a.json', 'a.ndjson', 'a.csv'])('%s: a restart after any record loses and doubles nothing', async (name) => {
  const rows = [...payments(5), payment(5, { currency: 'a "b", c' }), { bad: 1 }, ...payments(4, 7)];
  const text = { 'a.json': JSON.stringify(rows, null, 1), 'a.ndjson': ndjson(rows), 'a.csv': csvWithBadRow() }[name]!;
  write(name, text);
  const plan = planWith(fileSource(name));
  const bounds = { sliceRecords: 1, saveMs: 0, tickMs: 60_000, chunkBytesMin: 64, chunkBytesMax: 64 };
  for (let crashAfter = 0; crashAfter <= rows.length + LANES; crashAfter++) {
    const memory = createMemoryLog();
    const state = createMemoryState();
    let appends = -LANES;
    const crashed = Promise.withResolvers<void>();
    memory.fate = () => {
      appends += 1;
      if (appends <= crashAfter) return 'ok';
      crashed.resolve();
      return 'never';
    };
    const first = await startIngest({ plan, memory, state, bounds: { ...bounds, slicesInFlightMax: 1 + (crashAfter % 4) } });
    await Promise.race([crashed.promise, first.ingest.finished]);
    await first.app.close();
    memory.fate = () => 'ok';
    const second = await readAll(plan, { memory, state, bounds });
    expect(acceptedOnce(second)).toEqual(rows.map((_, i) => i));
    for (let lane = 0; lane < LANES; lane++) expect(second.ticks(lane).at(-1)!.ended).toBe(true);
  }

  function csvWithBadRow(): string {
    const lines = rows.map((row) => ('bad' in row ? 'only one' : Object.values(row).map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(',')));
    return [Object.keys(payment(0)).join(','), ...lines].join('\n');
  }
});

/** Positions that a reader accepts, which takes only what ascends per lane. */
function acceptedOnce(running: Running): number[] {
  const accepted: number[] = [];
  for (let lane = 0; lane < LANES; lane++) {
    let last = -1;
    for (const { position } of taken(running, lane)) {
      if (position <= last) continue;
      accepted.push(position);
      last = position;
    }
  }
  return accepted.sort((a, b) => a - b);
}

test('a restart goes on at the saved position, and says again that the file has ended', async () => {
  write('a.csv', csv(payments(100)));
  const plan = planWith(fileSource('a.csv'));
  const state = createMemoryState();
  await readAll(plan, { state });
  const again = await readAll(plan, { state });
  expect(taken(again)).toEqual([]);
  expect(again.flows(0)).toMatchObject([{ kind: 'opened' }]);
  expect(again.ticks(0)).toMatchObject([{ ended: true, position: 99, eventTime: Date.UTC(2026, 0, 1) + 99_000 }]);
});

test.each(['a.ndjson', 'a.csv'])('%s: rows added at the end are read at the next start', async (name) => {
  const text = (rows: object[]) => (name === 'a.csv' ? csv(rows) : ndjson(rows));
  write(name, text(payments(10)));
  const plan = planWith(fileSource(name));
  const state = createMemoryState();
  const memory = createMemoryLog();
  await readAll(plan, { state, memory });
  appendFileSync(join(folder, name), text(payments(5, 10)).replace(/^payment_id.*\r\n/, ''));
  const running = await readAll(plan, { state, memory });
  expect(byPosition(taken(running)).map(({ id, position }) => `${id} ${position}`)).toEqual(
    payments(15).map(({ payment_id }, i) => `${payment_id} ${i}`),
  );
  expect(new Set(running.flows().map(({ part }) => part)).size).toBe(1);
});

test('another file under the same path is a part of its own', async () => {
  write('a.ndjson', ndjson(payments(10)));
  const plan = planWith(fileSource('a.ndjson'));
  const state = createMemoryState();
  const first = await readAll(plan, { state });
  write('a.ndjson', ndjson(payments(10, 100)));
  const second = await readAll(plan, { state });
  expect(taken(second)).toHaveLength(10);
  expect(taken(second)[0]!.part).not.toBe(taken(first)[0]!.part);
});

test('a file that has changed before the saved position is refused', async () => {
  write('a.ndjson', ndjson(payments(10)));
  const plan = planWith(fileSource('a.ndjson'));
  const state = createMemoryState();
  await readAll(plan, { state });
  write('a.ndjson', ndjson([payment(0), ...payments(20, 50)]));
  const restarted = startIngest({ plan, state });
  await expect(restarted).rejects.toThrow(/a\.ndjson is not the file that was read up to row 10/);
});

test('of two processes that read a file the later one goes on', async () => {
  write('a.ndjson', ndjson(payments(2_000)));
  const plan = planWith(fileSource('a.ndjson', { config: { pace: 200 } }));
  const state = createMemoryState();
  const first = await startIngest({ plan, state, bounds: { saveMs: 0 } });
  const second = await startIngest({ plan, state, bounds: { saveMs: 0 } });
  await until(() => first.failures.length > 0, 'the first to stop');
  expect(first.failures[0]!.message).toContain('another process has taken over reading a.ndjson');
  expect(second.failures).toEqual([]);
  await Promise.all([first.stop(), second.stop()]);
});

test('rows that can not be read go on as rejected records, with file, row and reason', async () => {
  const good = (id: number) => JSON.stringify(payment(id));
  const noTime = JSON.stringify({ ...payment(3), paid_at: undefined });
  write('a.ndjson', Buffer.from(`${good(0)}\n{"payment_id":\n${good(2)}\n${noTime}\n{"x":"\xff"}\n[]\n${good(6)}\n`, 'latin1'));
  const running = await readAll(planWith(fileSource('a.ndjson')));
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
  expect(bad).toMatchObject({ stage: 'ingest', position: 1, eventTime: NO_TIME, contentType: 'application/json' });
  expect(bad.message).toContain(`a.ndjson, row 1 from byte ${good(0).length + 1}: `);
  expect(bad.id).toBe(`history-${bad.part.toString(16).padStart(12, '0')}-1`);
  expect(bad.key).toBe(bad.id);
  expect(Buffer.from(bad.payload!).toString()).toBe('{"payment_id":');
});

test('an array that breaks off gives one rejected record with what is left', async () => {
  const text = JSON.stringify(payments(5));
  write('a.json', text.slice(0, -10));
  const running = await readAll(planWith(fileSource('a.json')));
  const flows = byPosition(taken(running));
  expect(flows.map(({ kind }) => kind)).toEqual(['event', 'event', 'event', 'event', 'rejected']);
  expect(flows[4]!.message).toContain('the input ends within this value');
  expect(Buffer.from(flows[4]!.payload!).toString()).toBe(JSON.stringify(payment(4)).slice(0, -9));
});

test('a map computes fields from the row and its number', async () => {
  write('a.csv', 'Date;Amount;card\n2026-01-01;5;A\n2026-01-02;6;B\n');
  const map: SourcePlan['map'] = new Map<string, (scope: { row?: Record<string, unknown>; row_number?: number }) => unknown>([
    ['payment_id', ({ row_number }) => `row ${row_number}`],
    ['card', ({ row }) => row!.card],
    ['paid_at', ({ row }) => Date.parse(String(row!.Date))],
  ]);
  const running = await readAll(planWith(fileSource('a.csv', { map, config: { delimiter: ';' } })));
  expect(byPosition(taken(running))).toMatchObject([
    { id: 'row 0', key: 'A', eventTime: Date.UTC(2026, 0, 1), contentType: 'text/csv; delimiter=semicolon' },
    { id: 'row 1', key: 'B', eventTime: Date.UTC(2026, 0, 2) },
  ]);
});

test('every file that a pattern matches is a part; all are opened before the first event of any', async () => {
  mkdirSync(join(folder, 'data'));
  write('data/b.ndjson', ndjson(payments(30, 30)));
  write('data/a.ndjson', ndjson(payments(30)));
  write('data/other.txt', 'not this');
  const running = await readAll(planWith(fileSource('data/*.ndjson')));
  for (let lane = 0; lane < LANES; lane++) {
    const [first, second, ...events] = running.flows(lane);
    expect([first!.partName, second!.partName].map((name) => name.split('#')[0])).toEqual(['history:data/a.ndjson', 'history:data/b.ndjson']);
    expect([first!.parts, second!.parts]).toEqual([2, 2]);
    expect(events.every(({ kind }) => kind === 'event')).toBe(true);
  }
  expect(taken(running)).toHaveLength(60);
});

test('of several files the one that is behind in event time is read first', async () => {
  write('a.ndjson', ndjson(payments(40)));
  write('b.ndjson', ndjson(payments(40, 20)));
  const plan = planWith(fileSource('*.ndjson'), { key: () => 'one' });
  const running = await readAll(plan, { bounds: { sliceRecords: 5 } });
  const times = taken(running).map(({ eventTime }) => eventTime);
  const behind = times.map((time, i) => Math.max(...times.slice(0, i + 1)) - time);
  // A slice of each at the start; from then on no more than a slice apart.
  expect(Math.max(...behind.slice(30))).toBeLessThanOrEqual(5_000);
});

test('no file and no format are said at the start', async () => {
  await expect(startIngest({ plan: planWith(fileSource('none-*.csv')) })).rejects.toThrow(/no file matches .*none-\*\.csv/);
  write('a.dat', '');
  await expect(startIngest({ plan: planWith(fileSource('a.dat')) })).rejects.toThrow(/add format: json \| ndjson \| csv/);
});

test('an empty file ends at once', async () => {
  write('a.csv', '');
  const running = await readAll(planWith(fileSource('a.csv')));
  expect(taken(running)).toEqual([]);
  expect(running.ticks(0).at(-1)).toMatchObject({ ended: true, position: -1, eventTime: NO_TIME });
});

test('a time far in the future does not move the ticks', async () => {
  write('a.ndjson', ndjson([payment(0), payment(1, { paid_at: '2999-01-01T00:00:00Z' }), payment(2)]));
  const running = await readAll(planWith(fileSource('a.ndjson')));
  expect(running.ticks(0).at(-1)!.eventTime).toBe(Date.UTC(2026, 0, 1) + 2_000);
});

test('a pace is kept evenly', async () => {
  write('a.ndjson', ndjson(payments(60)));
  const started = Date.now();
  const running = await readAll(planWith(fileSource('a.ndjson', { config: { pace: 200 } })), { bounds: { paceStepMs: 10 } });
  expect(Date.now() - started).toBeGreaterThanOrEqual(280);
  const times = [...new Set(byPosition(taken(running)).map(({ ingestTime }) => ingestTime))];
  expect(times.length).toBeGreaterThan(3);
});

test('it waits while the pipeline is behind', async () => {
  write('a.ndjson', ndjson(payments(100)));
  let lag = 10_000;
  const bounds = { sliceRecords: 10, lagRecordsMax: 50, tickMs: 5 };
  const running = await startIngest({ plan: planWith(fileSource('a.ndjson')), lag: () => lag, bounds });
  await until(() => running.ticks(0).length > 5, 'some time to pass');
  expect(taken(running)).toEqual([]);
  lag = 0;
  await running.ingest.finished;
  expect(taken(running)).toHaveLength(100);
  await running.stop();
});

test('draining in mid-file saves what is acknowledged; the next start goes on there', async () => {
  write('a.json', JSON.stringify(payments(500)));
  const plan = planWith(fileSource('a.json', { config: { pace: 1_000 } }));
  const state = createMemoryState();
  const first = await startIngest({ plan, state });
  await until(() => taken(first).length > 20, 'the first rows');
  await first.stop();
  const before = taken(first).length;
  expect(before).toBeLessThan(500);
  const status = first.ingest.sources()[0]!.parts[0]!;
  expect(status).toMatchObject({ state: 'active', position: before - 1 });
  const second = await readAll(plan, { state });
  expect(taken(second)).toHaveLength(500 - before);
  expect(second.ingest.sources()[0]).toMatchObject({ name: 'history', kind: 'file', parts: [{ state: 'ended', position: 499, progress: 1 }] });
});
