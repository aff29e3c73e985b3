// One process of the bare chain: a door, or a hop from one topic to the next; kafkajs and nothing else.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { serveParent } from './child.ts';
import { LANES } from './payments-document.ts';

export interface BareOptions {
  readonly brokers: readonly string[];
  /** Null: it takes HTTP requests. */
  readonly from: string | null;
  readonly to: string;
  readonly group: string;
}

const options = JSON.parse(process.argv[2]!) as BareOptions;
const kafka = new Kafka({
  brokers: [...options.brokers],
  clientId: 'bare',
  logLevel: logLevel.NOTHING,
});
const partitioner =
  () =>
  ({ message }: { readonly message: Message }) =>
    message.partition!;
const producer = kafka.producer({ createPartitioner: partitioner, allowAutoTopicCreation: false });
await producer.connect();
if (options.from === null) await openDoor(options.to, producer);
else await openHop(options.from, options.to, options.group, producer);

/** Answers a request once its event is acknowledged; what comes while a send is under way goes with the next. */
async function openDoor(topic: string, to: Producer): Promise<void> {
  let queue: { readonly message: Message; readonly answer: () => void }[] = [];
  let sending = false;
  let turn = 0;
  async function send(): Promise<void> {
    sending = true;
    while (queue.length > 0) {
      const taken = queue;
      queue = [];
      await to.send({ topic, acks: -1, messages: taken.map(({ message }) => message) });
      for (const { answer } of taken) answer();
    }
    sending = false;
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = { value: Buffer.concat(chunks), partition: turn++ % LANES };
      queue.push({ message, answer: () => response.writeHead(202).end() });
      if (!sending) void send();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  serveParent(async () => {
    server.closeAllConnections();
    server.close();
    await to.disconnect();
  }).ready(`http://127.0.0.1:${port}/`);
}

async function openHop(from: string, topic: string, groupId: string, to: Producer): Promise<void> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [from], fromBeginning: true });
  const records = await recordsOf(from);
  let taken = 0;
  const parent = serveParent(async () => {
    await consumer.disconnect();
    await to.disconnect();
  });
  const joined = new Promise((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, resolve);
  });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: LANES,
    async eachBatch({ batch, resolveOffset }) {
      const { partition, messages } = batch;
      for (let at = 0; at < messages.length; at += 1_000) {
        const part = messages.slice(at, at + 1_000).map(({ value }) => ({ value, partition }));
        await to.send({ topic, acks: -1, messages: part });
      }
      const last = messages.at(-1)!.offset;
      resolveOffset(last);
      await consumer.commitOffsets([{ topic: from, partition, offset: String(Number(last) + 1) }]);
      taken += messages.length;
      if (taken === records) parent.drained(taken);
    },
  });
  await joined;
  parent.ready();
}

/** How many records the topic holds now. */
async function recordsOf(topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}
