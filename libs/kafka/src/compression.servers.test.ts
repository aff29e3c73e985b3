import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '@millrace/testkit/eventually';
import { artifactFolder } from '@millrace/tools/servers/artifacts';
import { givenBroker } from './fixtures/broker.ts';
import { outsider } from './fixtures/outsider.ts';
import { openTopicsOfOthers } from './topics-of-others.ts';

const COUNT = 2_000;
const TIMEOUT_MS = 60_000;
const PATIENCE_MS = 20_000;
const logger = { info: () => {}, warn: () => {}, error: () => {} };

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Kafka's own client. */
async function produce(topic: string, compression: string): Promise<void> {
  const classes = join(artifactFolder('kafka'), '*');
  const source = join(import.meta.dirname, 'fixtures/PackedProducer.java');
  await promisify(execFile)('java', [
    '-cp',
    classes,
    source,
    givenBroker(),
    topic,
    compression,
    String(COUNT),
  ]);
}

test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
  'reads what Kafka’s own client has packed with %s',
  async (compression) => {
    const topic = `packed.${randomUUID()}`;
    const other = await outsider(givenBroker());
    cleanUps.push(() => other.close());
    await other.create(topic, 1);
    await produce(topic, compression);
    const options = { brokers: [givenBroker()], clientId: 'packed', logger, registry: null };
    const topics = await openTopicsOfOthers(options);
    cleanUps.push(() => topics.close());
    const values: string[] = [];
    await topics.read({
      group: topic,
      topics: [topic],
      takeOver: async (_topic, _partition, { start }) => ({
        from: start,
        done: 0,
        async batch({ records }) {
          values.push(...records.map(({ value }) => Buffer.from(value!).toString()));
        },
        skipped() {},
        released() {},
      }),
      onFailed: (error) => {
        throw error;
      },
    });
    await eventually('all are there', () => values.length === COUNT, PATIENCE_MS);
    const expected = Array.from(
      { length: COUNT },
      (_, i) => `${compression} ${i} ${'padding '.repeat(i % 50)}`,
    );
    expect(values).toEqual(expected);
  },
  TIMEOUT_MS,
);
