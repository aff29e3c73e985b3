import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openTables, tableKinds } from '@millrace/enrich/tables';
import { createIngest } from '@millrace/ingest/stage';
import { createMeasures } from '@millrace/lanes/measures';
import { systemClock } from '@millrace/lanes/ports/clock';
import { askRebuild } from '@millrace/lanes/rebuild';
import type { LaneStanding } from '@millrace/lanes/worker-options';
import { startWorkers, type WorkerStage } from '@millrace/lanes/workers';
import { type OwnServer, startOwnServer } from '@millrace/redis/fixtures/own-server';
import { sinkKinds } from '@millrace/route/sinks';
import { openPorts } from '@millrace/service/embedded-ports';
import { eventually } from '@millrace/testkit/eventually';
import { folderWith } from './fixtures/cli.ts';
import { expectedOf, type Sent, storedResults } from './fixtures/payment-results.ts';
import { payment, paymentFiles } from './fixtures/payments.ts';
import { createLaneStages } from './lane-stages.ts';
import { requirePlan } from './load-pipeline.ts';
import { openRawCodec } from './run/raw-codec.ts';

const STAGES: readonly WorkerStage[] = ['validate', 'enrich', 'aggregate', 'merge', 'route'];
const READ = ['raw', 'validated', 'enriched', 'partials', 'aggregated', 'windows', 'alerts'];
const EVENTS = 8_000;
const REQUEST_EVENTS = 100;
const CARDS = 40;
const MINUTE_MS = 60_000;
const PATIENCE_MS = 30_000;
const silent = { info: () => {}, warn: () => {}, error: () => {} };

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}, PATIENCE_MS);

/** All stages one by one over an embedded log, with their states on a Redis of the test's own. */
async function setUp() {
  const own = await startOwnServer();
  cleanUps.push(own.stop);
  const state = await own.open({ commandTimeoutMs: 1_000 });
  const folder = folderWith(paymentFiles());
  cleanUps.push(folder.remove);
  const plan = await requirePlan(join(folder.path, 'pipeline.yaml'));
  const ports = await openPorts(join(folder.path, 'data'), plan, silent);
  cleanUps.push(() => ports.close());
  const codec = await openRawCodec(plan, ports.registry);
  const tables = await openTables(plan, tableKinds, () => {});
  cleanUps.push(() => tables.close());
  const standings = new Map<string, LaneStanding>();
  const stopped: string[] = [];
  const measures = createMeasures();
  const { log, results } = ports;
  const consumer = await startWorkers(
    {
      plan,
      generation: 0,
      log,
      state,
      results,
      codec: codec.lanes,
      clock: systemClock,
      stages: createLaneStages(plan, { tables: tables.tables, sinkKinds, sinks: new Map() }),
      measures,
      newToken: randomUUID,
      onSaved: (standing) => standings.set(`${standing.topic}/${standing.lane}`, standing),
    },
    STAGES,
    (stage, lane, error) => stopped.push(`${stage}/${lane}: ${error.message}`),
  );
  cleanUps.push(() => consumer.close());
  const ingest = createIngest({
    plan,
    log,
    state: ports.state,
    encodeRaw: codec.encodeRaw,
    secrets: new Map(),
    logger: silent,
    onFailed: (error) => {
      throw error;
    },
  });
  await ingest.start();
  cleanUps.push(() => ingest.abandon());
  return {
    own,
    plan,
    state,
    results,
    standings,
    stopped,
    measures,
    async send(events: readonly object[]) {
      const body = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
      const request = { body, contentType: 'application/x-ndjson', idempotencyKey: null, trace: null };
      const receipt = await ingest.receiver('api')!.receive(request);
      expect(receipt).toEqual({ accepted: events.length, rejected: [] });
    },
    endIngest: () => ingest.drain(),
    async isDrained() {
      for (const topic of READ) {
        for (let lane = 0; lane < plan.lanes; lane++) {
          const name = `${plan.pipeline}.${topic}`;
          if ((standings.get(`${name}/${lane}`)?.offset ?? -1) !== (await log.bounds(name, lane)).end)
            return false;
        }
      }
      return true;
    },
  };
}

function paymentsFrom(start: number): Sent[] {
  return Array.from({ length: EVENTS }, (_, i) => ({
    payment_id: `p${i}`,
    card: `c${i % CARDS}`,
    merchant: i % 3 === 0 ? 'm2' : 'm1',
    amount: i % 100 === 7 ? -1 : (i % 50) + 1,
    paid_at: start + Math.floor((i / EVENTS) * 10 * MINUTE_MS),
  }));
}

/** Goes away with kill -9, and comes back without the last tenth of what it wrote since `from`. */
async function loseTheEnd({ server, writtenBytes, cutOffAt }: OwnServer, from: number): Promise<void> {
  await server.kill9();
  const end = writtenBytes();
  cutOffAt(end - Math.floor((end - from) / 10) - 5);
  await server.start();
}

test('Redis is killed, comes back older, and comes back empty until the command to rebuild: every result is exact', async () => {
  const world = await setUp();
  const { own, standings, stopped } = world;
  const start = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 30 * MINUTE_MS;
  const payments = paymentsFrom(start);
  let sent = 0;
  const sendUpTo = async (share: number) => {
    for (; sent < EVENTS * share; sent += REQUEST_EVENTS)
      await world.send(payments.slice(sent, sent + REQUEST_EVENTS));
  };
  const saved = (lane: number) => standings.get(`payments.enriched/${lane}`)?.offset ?? 0;
  const goesOn = async () => {
    const [first, second] = [saved(0), saved(1)];
    await sendUpTo(sent / EVENTS + 0.05);
    await eventually('both lanes go on', () => saved(0) > first && saved(1) > second, PATIENCE_MS);
  };

  await sendUpTo(0.1);
  await goesOn();
  const killed = sendUpTo(0.25);
  await own.server.kill9();
  await own.server.start();
  await killed;
  await goesOn();

  for (const share of [0.4, 0.5]) {
    const from = own.writtenBytes();
    await goesOn();
    const sending = sendUpTo(share);
    const read = saved(0);
    await loseTheEnd(own, from);
    await sending;
    await goesOn();
    expect(saved(0)).toBeGreaterThan(read);
  }
  expect(stopped).toEqual([]);

  const sending = sendUpTo(0.7);
  await own.flush();
  await sending;
  // The merge hears of it when aggregate gives it something again.
  const isLost = (lane: number) => stopped.some((line) => line.startsWith(`aggregate/${lane}: `));
  await eventually('its state is lost', () => isLost(0) && isLost(1), PATIENCE_MS);
  for (const line of stopped) expect(line).toMatch(/no saved state.*millrace rebuild FILE/);
  const waiting = saved(0);
  await sendUpTo(0.8);
  expect(saved(0)).toBe(waiting);
  const { plan, state } = world;
  const asked = performance.now();
  const told = await askRebuild({ plan, generation: 0, state, newToken: randomUUID });
  expect(told).toEqual(
    ['aggregate', 'merge'].flatMap((stage) => [0, 1].map((lane) => `payments.${stage}/0/${lane}`)),
  );
  await eventually('both lanes go on', () => saved(0) > waiting && saved(1) > waiting, PATIENCE_MS);
  const rebuiltMs = performance.now() - asked;
  // Who has its state is left alone.
  expect(await askRebuild({ plan, generation: 0, state, newToken: randomUUID })).toEqual([]);
  await sendUpTo(1);

  const closing = Array.from({ length: 100 }, (_, i) =>
    payment(`z${i}`, { card: `z${i}`, paid_at: start + 20 * MINUTE_MS }),
  );
  await world.send(closing);
  await world.endIngest();
  await eventually('all is read', () => world.isDrained(), PATIENCE_MS);
  expect(stopped.every((line) => line.includes('no saved state'))).toBe(true);
  expect(new Set(stopped).size).toBe(stopped.length);
  expect(await storedResults(world.results, 'payments', start + 15 * MINUTE_MS)).toEqual(
    expectedOf(payments),
  );
  console.info(
    `${world.measures.repeats} repeats dropped; after the command lanes went on within ${rebuiltMs.toFixed(0)} ms`,
  );
}, 120_000);
