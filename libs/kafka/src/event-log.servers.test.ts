import { randomUUID } from 'node:crypto';
import { eventLogContract } from '@millrace/testkit/contracts/event-log';
import { Kafka, logLevel } from 'kafkajs';
import { openKafkaLog } from './event-log.ts';
import { givenBroker } from './fixtures/broker.ts';

const LANES = 3;
const broker = givenBroker();
const logger = { info: () => {}, warn: () => {}, error: () => {} };

eventLogContract(
  'event log on Kafka',
  async () => {
    const log = await openKafkaLog({ brokers: [broker], clientId: 'contract', logger });
    const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return {
      log,
      lanes: LANES,
      patienceMs: 30_000,
      async topic() {
        const topic = `contract.${randomUUID()}`;
        await log.createTopics([topic], { lanes: LANES, replication: 1 });
        return topic;
      },
      group: () => `contract.${randomUUID()}`,
      async truncate(topic, lane, start) {
        // The admin must have heard of the topic.
        await admin.fetchTopicOffsets(topic);
        await admin.deleteTopicRecords({ topic, partitions: [{ partition: lane, offset: String(start) }] });
      },
      async close() {
        await admin.disconnect();
        await log.close();
      },
    };
  },
  { timeoutMs: 90_000 },
);
