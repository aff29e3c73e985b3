import { randomUUID } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '@millrace/testkit/eventually';
import { openKafkaLog } from './event-log.ts';
import { givenBroker } from './fixtures/broker.ts';

const PATIENCE_MS = 60_000;
/** A request to join a group, by Kafka's protocol. */
const JOIN = 11;
/** In a request, behind its length. */
const API_KEY_AT = 4;
const VALUES = ['a', 'b', 'c'];
const broker = givenBroker();

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}, PATIENCE_MS);

/** A topic with records, and a log whose connections end at requests that are cut. */
async function setUp() {
  const cut = new Set<number>();
  function socketFactory({
    host,
    port,
    onConnect,
  }: {
    host: string;
    port: number;
    onConnect(): void;
  }): Socket {
    const socket = createConnection({ host, port }, onConnect);
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]) => {
      if (!cut.has((args[0] as Buffer).readInt16BE(API_KEY_AT))) return write(...args);
      socket.destroy();
      return true;
    };
    return socket;
  }
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const log = await openKafkaLog({
    brokers: [broker],
    clientId: 'topic-reader',
    logger: silent,
    connection: { socketFactory },
  });
  cleanUps.push(() => log.close());
  const topic = `read.${randomUUID()}`;
  await log.createTopics([topic], { lanes: 1, replication: 1 });
  const records = VALUES.map((value) => ({ value: Buffer.from(value), timestampMs: Date.now() }));
  await log.append(topic, 0, records);
  const read = async () => (await log.read(topic, 0, 0, 10)).records.map(({ value }) => String(value));
  return { cut, read };
}

function works(read: () => Promise<readonly string[]>): () => Promise<boolean> {
  return () =>
    read().then(
      (found) => found.length === VALUES.length,
      () => false,
    );
}

test('a reader that can’t join its group is an error once; a later read opens another', async () => {
  const { cut, read } = await setUp();
  cut.add(JOIN);
  await expect(read()).rejects.toThrow('could not join');
  cut.clear();
  await eventually('it is read', works(read), PATIENCE_MS);
}, 120_000);
