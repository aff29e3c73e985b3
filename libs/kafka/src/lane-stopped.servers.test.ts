import { randomUUID } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import type { LogRecord } from '@millrace/lanes/ports/log';
import { followLanes } from '@millrace/testkit/contracts/follow-lanes';
import { eventually } from '@millrace/testkit/eventually';
import { Kafka, logLevel } from 'kafkajs';
import { openKafkaLog } from './event-log.ts';
import { givenBroker } from './fixtures/broker.ts';

const PATIENCE_MS = 60_000;
const broker = givenBroker();
const logger = { info: () => {}, warn: () => {}, error: () => {} };

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}, PATIENCE_MS);

function records(count: number): LogRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    value: Buffer.from(String(i)),
    timestampMs: Date.now(),
  }));
}

async function setUp() {
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  cleanUps.push(() => admin.disconnect());
  const log = await openKafkaLog({ brokers: [broker], clientId: 'lane-stopped', logger });
  cleanUps.push(() => log.close());
  const topic = `reset.${randomUUID()}`;
  await log.createTopics([topic], { lanes: 1, replication: 1 });
  await log.append(topic, 0, records(10));
  return { kafka, admin, log, topic };
}

test('a topic that is recreated while it is read stops the lane, now and for the next that takes it over', async () => {
  const { admin, log, topic } = await setUp();
  const followers = { group: topic, topic, busy: new Map<number, number>(), leaving: new Map() };
  const first = await followLanes(log, followers, { commit: true });
  await eventually('all is read', () => first.read(0).length === 10, PATIENCE_MS);
  await admin.deleteTopics({ topics: [topic] });
  await eventually('it is gone', async () => !(await admin.listTopics()).includes(topic), PATIENCE_MS);
  const works = (act: () => Promise<unknown>) => () =>
    act().then(
      () => true,
      () => false,
    );
  // A client that has known the topic can't ask for anything until it is there again.
  const other = await openKafkaLog({ brokers: [broker], clientId: 'next', logger });
  cleanUps.push(() => other.close());
  const create = () => other.createTopics([topic], { lanes: 1, replication: 1 });
  await eventually('it is there again', works(create), PATIENCE_MS);
  await eventually(
    'it is written again',
    works(() => other.append(topic, 0, records(3))),
    PATIENCE_MS,
  );
  await eventually('the lane has stopped', () => first.stopped(0) !== null, PATIENCE_MS);
  expect(first.stopped(0)).toMatchObject({ code: 'lane_reset' });
  expect(first.read(0)).toHaveLength(10);
  await first.close();

  const second = await followLanes(other, followers, { commit: true });
  await eventually('the lane has stopped again', () => second.stopped(0) !== null, PATIENCE_MS);
  expect(second.stopped(0)).toMatchObject({ code: 'lane_reset' });
  expect(second.read(0)).toEqual([]);
  await second.close();
}, 120_000);

test('a position that kafkajs has wiped is not taken for none', async () => {
  const { kafka, admin, log, topic } = await setUp();
  await log.commit(topic, topic, 0, { offset: 7, metadata: 'mine' });
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
  cleanUps.push(() => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
  expect(await log.committed(topic, topic, 0)).toEqual({ offset: 7, metadata: 'mine' });
  consumer.seek({ topic, partition: 0, offset: '50' });
  const metadata = async () =>
    (await admin.fetchOffsets({ groupId: topic, topics: [topic] }))[0]!.partitions[0]!.metadata;
  await eventually('it is wiped', async () => (await metadata()) === null, PATIENCE_MS);
  await expect(log.committed(topic, topic, 0)).rejects.toMatchObject({ code: 'lane_reset' });
}, 60_000);

test('an offset without a record stops the lane after what is before it', async () => {
  const { kafka, log, topic } = await setUp();
  const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  cleanUps.push(() => producer.disconnect());
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ partition: 0, value: 'foreign' }] });
  await transaction.commit();
  const member = await followLanes(
    log,
    { group: topic, topic, busy: new Map(), leaving: new Map() },
    { commit: true },
  );
  cleanUps.push(() => member.close());
  // The marker of the commit comes when the brokers like; the lane meets it with the next record.
  const isStopped = async () => {
    await log.append(topic, 0, records(1));
    return member.stopped(0) !== null;
  };
  await eventually('the lane has stopped', isStopped, PATIENCE_MS);
  expect(member.stopped(0)).toMatchObject({ code: 'lane_gap' });
  const hole = member.read(0).length;
  expect(hole).toBeGreaterThanOrEqual(11);
  expect(await log.committed(topic, topic, 0)).toEqual({ offset: hole, metadata: 'read' });
}, 120_000);
