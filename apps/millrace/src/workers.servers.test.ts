import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openTables, tableKinds } from '@millrace/enrich/tables';
import { createIngest } from '@millrace/ingest/stage';
import { type KafkaLog, type KafkaOptions, openKafkaLog } from '@millrace/kafka/event-log';
import { createCutOff } from '@millrace/kafka/fixtures/cut-off';
import { createMeasures } from '@millrace/lanes/measures';
import { systemClock } from '@millrace/lanes/ports/clock';
import type { WindowRow } from '@millrace/lanes/ports/results';
import type { LaneStanding } from '@millrace/lanes/worker-options';
import { startWorkers, type WorkerStage } from '@millrace/lanes/workers';
import { sinkKinds } from '@millrace/route/sinks';
import { openPorts } from '@millrace/service/embedded-ports';
import { eventually } from '@millrace/testkit/eventually';
import { folderWith } from './fixtures/cli.ts';
import { payment, paymentFiles } from './fixtures/payments.ts';
import { createLaneStages } from './lane-stages.ts';
import { requirePlan } from './load-pipeline.ts';
import { openRawCodec } from './run/raw-codec.ts';

const STAGES: readonly WorkerStage[] = ['validate', 'enrich', 'aggregate', 'merge', 'route'];
const READ_BY: Readonly<Record<string, string>> = {
  raw: 'validate',
  validated: 'enrich',
  enriched: 'aggregate',
  partials: 'merge',
  aggregated: 'route.aggregated',
  windows: 'route.windows',
  alerts: 'route.alerts',
};
const LANES = 4;
const EVENTS = 20_000;
const REQUEST_EVENTS = 200;
const CARDS = 40;
const MINUTE_MS = 60_000;
/** A member that is cut off is missed after 10 s. */
const PATIENCE_MS = 60_000;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}, PATIENCE_MS);

function broker(): string {
  const given = process.env.MILLRACE_KAFKA;
  if (given) return given;
  throw new Error(
    'MILLRACE_KAFKA is not set: this test needs a real Kafka. Set it to host:port of a broker.',
  );
}

async function openLog(clientId: string, connection: KafkaOptions['connection'] = {}): Promise<KafkaLog> {
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const log = await openKafkaLog({ brokers: [broker()], clientId, logger, connection });
  cleanUps.push(() => log.close());
  return log;
}

/** A pipeline of its own on the broker, and what its processes share: state, results, registry. */
async function setUp() {
  const pipeline = `p${randomBytes(4).toString('hex')}`;
  const folder = folderWith(
    paymentFiles({
      'pipeline: payments': `pipeline: ${pipeline}`,
      'lanes: 2': `lanes: ${LANES}`,
      'topic: alarms': `topic: ${pipeline}.alarms`,
    }),
  );
  cleanUps.push(folder.remove);
  const plan = await requirePlan(join(folder.path, 'pipeline.yaml'));
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const ports = await openPorts(join(folder.path, 'data'), plan, logger);
  cleanUps.push(() => ports.close());
  const codec = await openRawCodec(plan, ports.registry);
  const tables = await openTables(plan, tableKinds, () => {});
  cleanUps.push(() => tables.close());
  const stages = createLaneStages(plan, { tables: tables.tables, sinkKinds, sinks: new Map() });
  const topics = [...Object.keys(READ_BY), 'deadletters'].map((topic) => `${pipeline}.${topic}`);
  const log = await openLog('sender');
  await log.createTopics([...topics, `${pipeline}.alarms`], { lanes: LANES, replication: 1 });

  /** One process of all stages. */
  async function work(own: KafkaLog) {
    const standings = new Map<string, LaneStanding>();
    const stopped: string[] = [];
    const measures = createMeasures();
    const consumer = await startWorkers(
      {
        plan,
        generation: 0,
        log: own,
        state: ports.state,
        results: ports.results,
        codec: codec.lanes,
        clock: systemClock,
        stages,
        measures,
        newToken: randomUUID,
        onSaved: (standing) => standings.set(`${standing.topic}/${standing.lane}`, standing),
      },
      STAGES,
      (stage, lane, error) => stopped.push(`${stage}/${lane}: ${error.message}`),
    );
    cleanUps.push(() => consumer.close());
    return { standings, stopped, measures };
  }
  return { pipeline, plan, ports, codec, log, work };
}

type SetUp = Awaited<ReturnType<typeof setUp>>;

/** Sends events as clients do. */
async function openDoor({ plan, ports, codec, log }: SetUp) {
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const ingest = createIngest({
    plan,
    log,
    state: ports.state,
    encodeRaw: codec.encodeRaw,
    secrets: new Map(),
    logger,
    onFailed: (error) => {
      throw error;
    },
  });
  await ingest.start();
  return {
    async send(events: readonly object[]) {
      const body = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'));
      const receipt = await ingest
        .receiver('api')!
        .receive({ body, contentType: 'application/x-ndjson', idempotencyKey: null, trace: null });
      expect(receipt).toEqual({ accepted: events.length, rejected: [] });
    },
    close: () => ingest.drain(),
  };
}

/** Every group has committed all that is in its topic. */
async function isDrained({ pipeline, log }: SetUp): Promise<boolean> {
  for (const [topic, stage] of Object.entries(READ_BY)) {
    for (let lane = 0; lane < LANES; lane++) {
      const name = `${pipeline}.${topic}`;
      const position = await log.committed(`${pipeline}.${stage}`, name, lane);
      if ((position?.offset ?? 0) !== (await log.bounds(name, lane)).end) return false;
    }
  }
  return true;
}

interface Sent {
  readonly payment_id: string;
  readonly card: string;
  readonly merchant: string;
  readonly amount: number;
  readonly paid_at: number;
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

/** `GROUP START` → the payments of the window, without those that the rule refuses. */
function windowsOf(payments: readonly Sent[], group: (payment: Sent) => string): Map<string, Sent[]> {
  return Map.groupBy(
    payments.filter(({ amount }) => amount > 0),
    (one) => `${group(one)} ${Math.floor(one.paid_at / MINUTE_MS) * MINUTE_MS}`,
  );
}

function mapped<T, U>(from: ReadonlyMap<string, T>, change: (value: T) => U): Map<string, U> {
  return new Map([...from].map(([key, value]) => [key, change(value)]));
}

async function expectExact(world: SetUp, payments: readonly Sent[], to: number): Promise<void> {
  const { pipeline, ports } = world;
  const perCard = windowsOf(payments, ({ card }) => card);
  const perCity = windowsOf(payments, ({ merchant }) => (merchant === 'm1' ? 'Berlin' : 'Porto'));
  expect(await storedWindows(world, 'per_card', to)).toEqual(
    mapped(perCard, (all) => {
      const total = all.reduce((sum, { amount }) => sum + amount, 0);
      return { payments: all.length, total, twice: 2 * total };
    }),
  );
  expect(await storedWindows(world, 'per_city', to)).toEqual(
    mapped(perCity, (all) => ({ payments: all.length })),
  );
  const alerts = await ports.results.alerts({ pipeline, limit: 1_000 });
  expect(alerts.rows.map(({ group, window }) => `${group} ${window!.start}`).sort()).toEqual(
    [...perCard].flatMap(([key, all]) => (all.length > 2 ? [key] : [])).sort(),
  );
  const refused = payments.filter(({ amount }) => amount <= 0);
  const letters = await ports.results.deadLetters({ pipeline, limit: 1_000 });
  expect(letters.rows.map(({ eventId, code }) => `${eventId} ${code}`).sort()).toEqual(
    refused.map(({ payment_id }) => `${payment_id} rule:positive`).sort(),
  );
}

async function storedWindows(
  { pipeline, ports }: SetUp,
  name: string,
  to: number,
): Promise<Map<string, unknown>> {
  const rows: WindowRow[] = [];
  for (let after: string | undefined; ; ) {
    const page = await ports.results.windows({
      pipeline,
      name,
      to,
      limit: 500,
      ...(after === undefined ? {} : { after }),
    });
    rows.push(...page.rows);
    if (page.next === null) break;
    after = page.next;
  }
  expect(rows.filter(({ final }) => !final)).toEqual([]);
  return new Map(rows.map(({ group, start, values }) => [`${group} ${start}`, values]));
}

test('one process loses its network, another takes over, the first comes back: every result is exact', async () => {
  const world = await setUp();
  const network = createCutOff();
  const first = await world.work(await openLog('first', { socketFactory: network.socketFactory }));
  const door = await openDoor(world);
  const start = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 30 * MINUTE_MS;
  const payments = paymentsFrom(start);
  const startedMs = performance.now();
  let sent = 0;
  const sendUpTo = async (share: number) => {
    for (; sent < EVENTS * share; sent += REQUEST_EVENTS)
      await door.send(payments.slice(sent, sent + REQUEST_EVENTS));
  };

  await sendUpTo(0.25);
  const secondLog = await openLog('second');
  const second = await world.work(secondLog);
  await sendUpTo(0.5);
  await eventually('both work', () => second.standings.size > 0 && first.standings.size > 0, PATIENCE_MS);

  network.cut();
  const cutMs = performance.now();
  await sendUpTo(0.6);
  const all = Object.keys(READ_BY).length * LANES;
  await eventually('the second has every lane', () => second.standings.size === all, PATIENCE_MS);
  const takenOverMs = performance.now() - cutMs;
  await sendUpTo(0.75);
  network.mend();
  first.standings.clear();
  await sendUpTo(0.9);
  await eventually('the first works again', () => first.standings.size > 0, PATIENCE_MS);
  await sendUpTo(1);
  // Closes every window before it, in every lane.
  const closing = Array.from({ length: 100 }, (_, i) =>
    payment(`z${i}`, { card: `z${i}`, paid_at: start + 20 * MINUTE_MS }),
  );
  await door.send(closing);
  // A client that did not hear an answer sends again.
  await door.send(payments.slice(0, REQUEST_EVENTS));
  await door.close();
  const isDone = () => {
    expect([...first.stopped, ...second.stopped]).toEqual([]);
    return isDrained(world);
  };
  await eventually('all is read', isDone, PATIENCE_MS);
  const seconds = (performance.now() - startedMs) / 1000;

  await expectExact(world, payments, start + 15 * MINUTE_MS);
  const repeats = first.measures.repeats + second.measures.repeats;
  console.info(
    `${EVENTS} events in ${seconds.toFixed(1)} s; lanes of the lost process were taken over after ${(takenOverMs / 1000).toFixed(1)} s; ${repeats} repeats dropped`,
  );
}, 240_000);
