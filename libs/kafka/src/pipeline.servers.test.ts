import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@millrace/testkit/eventually';
import { type Admin, ConfigResourceTypes, type ITopicConfig, Kafka, logLevel } from 'kafkajs';
import type { ClientOptions } from './clients.ts';
import { givenBroker } from './fixtures/broker.ts';
import { routeTo, smallPlan } from './fixtures/plan.ts';
import { checkPipeline, provisionPipeline } from './pipeline.ts';
import { KafkaSetupError } from './setup-error.ts';

const DAY_MS = 86_400_000;
const TIMEOUT_MS = 60_000;
const SETTINGS = { replication: 1, retentionMs: DAY_MS };
const OWN = [
  'aggregated',
  'alerts',
  'deadletters',
  'enriched',
  'partials',
  'pipeline',
  'raw',
  'validated',
  'windows',
];

const warnings: string[] = [];
const broker = givenBroker();
const options: ClientOptions = {
  brokers: [broker],
  clientId: 'pipeline-test',
  logger: { info: () => {}, warn: (_, message) => warnings.push(message), error: () => {} },
};

let admin: Admin;
beforeAll(async () => {
  admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
});
afterAll(() => admin.disconnect());

async function create(topic: ITopicConfig): Promise<void> {
  await admin.createTopics({ topics: [topic], waitForLeaders: false });
  await eventually(`${topic.topic} is there`, async () => (await topicsOf('')).includes(topic.topic));
}

async function topicsOf(pipeline: string): Promise<string[]> {
  return (await admin.listTopics()).filter((topic) => topic.startsWith(pipeline)).sort();
}

async function settingsOf(name: string): Promise<Record<string, string>> {
  const resources = [{ type: ConfigResourceTypes.TOPIC, name }];
  const { resources: found } = await admin.describeConfigs({ includeSynonyms: false, resources });
  return Object.fromEntries(
    found[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  );
}

async function refusal(running: Promise<unknown>): Promise<string> {
  const error = await running.then(
    () => new Error('it was taken'),
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(KafkaSetupError);
  return error.message;
}

test(
  'five services that start at once set a pipeline up, and it is theirs from then on',
  async () => {
    const sunk = `alarms.${randomUUID()}`;
    const plan = smallPlan({ routes: [routeTo(sunk)] });
    const started = await Promise.all([1, 2, 3, 4, 5].map(() => provisionPipeline(options, plan, SETTINGS)));
    const generation = { generation: 0, lanes: 3, plan: 'hash', state: 'ready' };
    expect(started).toEqual([1, 2, 3, 4, 5].map(() => generation));
    expect(await topicsOf(plan.pipeline)).toEqual(OWN.map((name) => `${plan.pipeline}.${name}`));
    for (const topic of [`${plan.pipeline}.raw`, `${plan.pipeline}.deadletters`, sunk]) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      expect(topics[0]!.partitions).toHaveLength(3);
      expect(await settingsOf(topic)).toMatchObject({
        'cleanup.policy': 'delete',
        'message.timestamp.type': 'CreateTime',
        'unclean.leader.election.enable': 'false',
        'compression.type': 'uncompressed',
        'min.insync.replicas': '1',
        'retention.ms': String(DAY_MS),
        'max.message.bytes': '1048588',
      });
    }
    expect(await settingsOf(`${plan.pipeline}.pipeline`)).toMatchObject({ 'cleanup.policy': 'compact' });
    expect(await checkPipeline(options, { ...plan, hash: 'another' }, SETTINGS)).toEqual(generation);
    expect(warnings[0]).toMatch(/single copy of each record.*3 brokers/);
  },
  TIMEOUT_MS,
);

test(
  'a topic that is not as it has to be is refused, with each setting and how to mend it',
  async () => {
    const plan = smallPlan();
    const topic = `${plan.pipeline}.enriched`;
    const configEntries = [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'retention.ms', value: '1000' },
    ];
    await create({ topic, numPartitions: 2, configEntries });
    const message = await refusal(provisionPipeline(options, plan, SETTINGS));
    expect(message).toMatch(
      new RegExp(`topic ${topic}: the number of partitions is 2, but has to be 3\\. .*millrace reset`),
    );
    expect(message).toContain(
      `topic ${topic}: cleanup.policy is compact, but has to be delete. Mend it with: kafka-configs --bootstrap-server ${broker} --alter --entity-type topics --entity-name ${topic} --add-config cleanup.policy=delete`,
    );
    expect(message).toContain(`topic ${topic}: retention.ms is 1000, but has to be ${DAY_MS}.`);
    expect(message.split('\n')).toHaveLength(4);
  },
  TIMEOUT_MS,
);

test(
  'a topic that keeps more than is asked for is taken, one of a route too that has more partitions',
  async () => {
    const sunk = `alarms.${randomUUID()}`;
    const plan = smallPlan({ routes: [routeTo(sunk)] });
    await create({ topic: sunk, numPartitions: 7 });
    const raw = { topic: `${plan.pipeline}.raw`, numPartitions: 3 };
    const configEntries = [
      { name: 'retention.ms', value: '-1' },
      { name: 'unclean.leader.election.enable', value: 'false' },
      { name: 'compression.type', value: 'uncompressed' },
    ];
    await create({ ...raw, configEntries });
    await provisionPipeline(options, plan, SETTINGS);
    const few = smallPlan({ routes: [routeTo(sunk)], lanes: 8 });
    expect(await refusal(provisionPipeline(options, few, SETTINGS))).toContain(
      `topic ${sunk}: the number of partitions is 7, but has to be at least 8`,
    );
  },
  TIMEOUT_MS,
);

test(
  'what is not there is refused where nothing may be created, with the commands that create it',
  async () => {
    const plan = smallPlan();
    expect(await refusal(checkPipeline(options, plan, SETTINGS))).toMatch(/not been set up.*provision/);
    await provisionPipeline(options, plan, SETTINGS);
    const sunk = `alarms.${randomUUID()}`;
    const routed = { ...plan, routes: [routeTo(sunk)] };
    expect(await refusal(checkPipeline(options, routed, SETTINGS))).toContain(
      `kafka-topics --bootstrap-server ${broker} --create --topic ${sunk} --partitions 3 --replication-factor 1 --config cleanup.policy=delete`,
    );
  },
  TIMEOUT_MS,
);

test(
  'a topic that has gone is not made anew beside its positions; other lanes are refused',
  async () => {
    const plan = smallPlan();
    await provisionPipeline(options, plan, SETTINGS);
    expect(await refusal(provisionPipeline(options, { ...plan, lanes: 4 }, SETTINGS))).toMatch(
      /runs with 3 lanes, the document says 4.*millrace reset/,
    );
    const topic = `${plan.pipeline}.validated`;
    await admin.deleteTopics({ topics: [topic] });
    await eventually('it has gone', async () => !(await topicsOf(plan.pipeline)).includes(topic));
    expect(await refusal(provisionPipeline(options, plan, SETTINGS))).toMatch(
      new RegExp(`topic ${topic} has gone.*millrace reset`),
    );
  },
  TIMEOUT_MS,
);

test(
  'more copies than there are brokers are refused',
  async () => {
    const wanted = { ...SETTINGS, replication: 3 };
    expect(await refusal(provisionPipeline(options, smallPlan(), wanted))).toMatch(
      /1 broker, which can't hold 3 copies/,
    );
  },
  TIMEOUT_MS,
);
