import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { PipelineStatus } from '@millrace/lanes/status';
import { compile } from '@millrace/pipeline/compile';
import type { Plan } from '@millrace/pipeline/plan';
import { catalogue } from './catalogue.ts';
import { type RunningPipeline, startPipeline } from './start-pipeline.ts';

/** So many times faster than the wall clock: ticks come every 20 ms. */
const SPEED = 50;
const START = Date.UTC(2026, 0, 5, 12);
const MINUTE = 60_000;
const DEADLINE_MS = 20_000;

const SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'device', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
});

const DOCUMENT = `
pipeline: readings
lanes: 2
event: { schema: ./reading.avsc, id: event.id, key: event.device, time: event.at }
time: { out_of_order: 5s, max_ahead: 10m, idle: 30s }
sources:
  old: { file: { path: ./old.ndjson, format: ndjson, pace: 20/s } }
  api: { http: {} }
aggregate:
  - { name: per_minute, by: event.device, window: { tumbling: 1m }, compute: { readings: count() } }
`;

let folder = '';
let offsetMs = 0;
const pipelines: RunningPipeline[] = [];
const startedMs = Date.now();
const clock: Clock = {
  now: () => START + Math.round((Date.now() - startedMs) * SPEED) + offsetMs,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / SPEED)),
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-time-'));
  writeFileSync(join(folder, 'reading.avsc'), SCHEMA);
});
afterEach(async () => {
  for (const pipeline of pipelines.splice(0)) await pipeline.close();
  rmSync(folder, { recursive: true });
});

function planOf(change: (text: string) => string = (text) => text): Plan {
  const path = join(folder, 'pipeline.yaml');
  const load = (file: string) => readFileSync(file, 'utf8');
  const { plan, faults } = compile({ path, text: change(DOCUMENT), load, catalogue });
  if (plan === null) throw new Error(JSON.stringify(faults));
  return plan;
}

const withoutFile = (text: string) => text.replace(/\n {2}old: .*/, '');

async function started(plan: Plan): Promise<RunningPipeline> {
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const listen = { host: '127.0.0.1', port: 0 };
  const stdout = { write: () => {} };
  const pipeline = await startPipeline({
    plan,
    folder: join(folder, 'data'),
    logger,
    env: {},
    stdout,
    listen,
    clock,
  });
  pipelines.push(pipeline);
  return pipeline;
}

async function send(pipeline: RunningPipeline, ...readings: { id: string; device: string; at: number }[]) {
  const answer = await fetch(`${pipeline.url}/v1/pipelines/readings/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(readings),
  });
  expect(answer.status).toBe(202);
}

async function windows(pipeline: RunningPipeline) {
  const answer = await fetch(`${pipeline.url}/v1/pipelines/readings/windows/per_minute?limit=1000`);
  const { rows } = (await answer.json()) as {
    rows: { group: string; start: number; final: boolean; values: { readings: number } }[];
  };
  return rows;
}

async function until<T>(what: string, find: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    const found = await find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
}

const when = (condition: boolean) => (condition ? true : undefined);
const auditOf = (pipeline: RunningPipeline): PipelineStatus['audit'] => pipeline.status().audit;

test('a stream that falls silent closes its windows', async () => {
  const pipeline = await started(planOf(withoutFile));
  const at = clock.now();
  await send(pipeline, { id: 'a', device: 'd', at });
  await until('the window closes', async () => when((await windows(pipeline)).some(({ final }) => final)));
  expect(await windows(pipeline)).toMatchObject([{ group: 'd', final: true, values: { readings: 1 } }]);
});

test('a stop of ten minutes makes nothing late', async () => {
  const plan = planOf(withoutFile);
  const before = await started(plan);
  const at = clock.now();
  await send(before, { id: 'a', device: 'd', at });
  await until('it is processed', () => when(auditOf(before).processed === 1));
  await pipelines.pop()?.close();
  offsetMs += 10 * MINUTE;
  const after = await started(plan);
  // What was on its way when it stopped, and what is new.
  await send(after, { id: 'b', device: 'd', at: at + 1 }, { id: 'c', device: 'd', at: clock.now() });
  await until('all are processed', () => when(auditOf(after).events === 3 && auditOf(after).inFlight === 0));
  expect(auditOf(after)).toMatchObject({ processed: 3, late: 0 });
});

test('a file of 2001 and live events over HTTP make none of each other late', async () => {
  const old = Array.from({ length: 60 }, (_, i) => ({
    id: `old-${i}`,
    device: i % 2 === 0 ? 'd' : 'e',
    at: Date.UTC(2001, 0, 1) + i * MINUTE,
  }));
  writeFileSync(join(folder, 'old.ndjson'), old.map((row) => JSON.stringify(row)).join('\n'));
  const pipeline = await started(planOf());
  const sent = 40;
  for (let i = 0; i < sent; i++) {
    await send(pipeline, { id: `new-${i}`, device: i % 2 === 0 ? 'd' : 'e', at: clock.now() });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await until('all are processed', () => when(auditOf(pipeline).processed === old.length + sent));
  expect(auditOf(pipeline)).toMatchObject({
    processed: old.length + sent,
    late: 0,
    rejected: 0,
    balanced: true,
  });
  const closed = async () => (await windows(pipeline)).filter(({ final }) => final);
  const readings = async () => (await closed()).reduce((sum, { values }) => sum + values.readings, 0);
  await until('every reading is in a closed window', async () =>
    when((await readings()) === old.length + sent),
  );
});
