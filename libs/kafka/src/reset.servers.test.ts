import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '@millrace/testkit/eventually';
import { Kafka, logLevel } from 'kafkajs';
import type { ClientOptions } from './clients.ts';
import { type KafkaLog, openKafkaLog } from './event-log.ts';
import { givenBroker } from './fixtures/broker.ts';
import { smallPlan } from './fixtures/plan.ts';
import { checkPipeline, currentGeneration, provisionPipeline } from './pipeline.ts';
import { resetPipeline } from './reset.ts';
import { KafkaSetupError } from './setup-error.ts';

const TIMEOUT_MS = 120_000;
const PATIENCE_MS = 30_000;
const SETTINGS = { replication: 1, retentionMs: 3_600_000 };
const broker = givenBroker();
const logger = { info: () => {}, warn: () => {}, error: () => {} };
const options: ClientOptions = { brokers: [broker], clientId: 'reset-test', logger };

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}, PATIENCE_MS);

async function openLog(): Promise<KafkaLog> {
  const log = await openKafkaLog(options);
  cleanUps.push(() => log.close());
  return log;
}

/** Reads the lanes of raw as validate does, and commits. */
async function work(log: KafkaLog, pipeline: string) {
  const topic = `${pipeline}.raw`;
  const group = `${pipeline}.validate`;
  let seen = 0;
  const consumer = await log.consume({
    group,
    topic,
    async takeOver(lane) {
      const from = (await log.committed(group, topic, lane))?.offset ?? 0;
      return {
        from,
        released() {},
        async batch({ base, records }) {
          seen += records.length;
          await log.commit(group, topic, lane, { offset: base + records.length, metadata: 'x' });
        },
      };
    },
    onStopped: (_, error) => {
      throw error;
    },
  });
  return { consumer, seen: () => seen };
}

const records = (count: number) =>
  Array.from({ length: count }, () => ({ value: Buffer.from('x'), timestampMs: Date.now() }));

test(
  'a reset gives up topics, positions and state, and raises the generation; the pipeline runs again',
  async () => {
    const plan = smallPlan();
    await provisionPipeline(options, plan, SETTINGS);
    const log = await openLog();
    const { consumer, seen } = await work(log, plan.pipeline);
    await log.append(`${plan.pipeline}.raw`, 1, records(5));
    await eventually('all is read', () => seen() === 5, PATIENCE_MS);
    await consumer.close();

    const said: string[] = [];
    const forgotten: string[] = [];
    const parts = {
      forgetState: async (prefixes: readonly string[]) => void forgotten.push(...prefixes),
      onProgress: (text: string) => void said.push(text),
    };
    const wider = { ...plan, lanes: 4, hash: 'next' };
    const reset = await resetPipeline(options, wider, SETTINGS, parts);
    expect(reset).toEqual({ generation: 1, lanes: 4, plan: 'next', state: 'ready' });
    expect(forgotten).toEqual([`${plan.pipeline}.`, `${plan.pipeline}/`]);
    expect(said).toEqual([
      `generation 1 of ${plan.pipeline} begins`,
      `8 topics deleted (${plan.pipeline}.pipeline stays)`,
      '1 groups deleted',
      'state removed',
      'topics of generation 1 created',
    ]);
    expect(await checkPipeline(options, wider, SETTINGS)).toEqual(reset);

    const again = await openLog();
    expect(await again.bounds(`${plan.pipeline}.raw`, 1)).toEqual({ start: 0, end: 0 });
    expect(await again.committed(`${plan.pipeline}.validate`, `${plan.pipeline}.raw`, 1)).toBeNull();
    const next = await work(again, plan.pipeline);
    await again.append(`${plan.pipeline}.raw`, 3, records(2));
    await eventually('it runs again', () => next.seen() === 2, PATIENCE_MS);
    await next.consumer.close();
  },
  TIMEOUT_MS,
);

test(
  'a reset is refused while the pipeline runs, and nothing is touched',
  async () => {
    const plan = smallPlan();
    await provisionPipeline(options, plan, SETTINGS);
    const log = await openLog();
    const { consumer } = await work(log, plan.pipeline);
    const said: string[] = [];
    const parts = { forgetState: async () => {}, onProgress: (text: string) => void said.push(text) };
    const refused = resetPipeline(options, plan, SETTINGS, parts);
    await expect(refused).rejects.toThrow(KafkaSetupError);
    await expect(refused).rejects.toThrow(
      new RegExp(`still being worked on by ${plan.pipeline}.validate \\(reset-test, .*Stop its services`),
    );
    expect(said).toEqual([`waiting until ${plan.pipeline}.validate have no members`]);
    expect(await currentGeneration(options, plan)).toMatchObject({ generation: 0, state: 'ready' });
    await consumer.close();
  },
  TIMEOUT_MS,
);

test(
  'after a reset that failed half way nothing starts, and another one ends it',
  async () => {
    const plan = smallPlan();
    await provisionPipeline(options, plan, SETTINGS);
    const fails = { forgetState: () => Promise.reject(new Error('no Redis')), onProgress: () => {} };
    await expect(resetPipeline(options, plan, SETTINGS, fails)).rejects.toThrow('no Redis');
    await expect(provisionPipeline(options, plan, SETTINGS)).rejects.toThrow(
      /a reset of pipeline .* under way/,
    );
    const parts = { forgetState: async () => {}, onProgress: () => {} };
    expect(await resetPipeline(options, plan, SETTINGS, parts)).toMatchObject({ generation: 1 });
    expect(await provisionPipeline(options, plan, SETTINGS)).toMatchObject({ generation: 1, state: 'ready' });
  },
  TIMEOUT_MS,
);

test(
  'a record in the topic of generations that is not ours is said, not guessed at',
  async () => {
    const plan = smallPlan();
    await provisionPipeline(options, plan, SETTINGS);
    const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    cleanUps.push(() => producer.disconnect());
    await producer.send({ topic: `${plan.pipeline}.pipeline`, messages: [{ key: 'x', value: 'nonsense' }] });
    await expect(provisionPipeline(options, plan, SETTINGS)).rejects.toThrow(/not one that Millrace wrote/);
  },
  TIMEOUT_MS,
);
