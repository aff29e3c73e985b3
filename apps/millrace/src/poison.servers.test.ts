import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { createClients } from '@millrace/kafka/clients';
import { givenRegistry } from '@millrace/kafka/fixtures/given-registry';
import { startRegistryGateway } from '@millrace/kafka/fixtures/registry-gateway';
import { openRegistry } from '@millrace/kafka/registry';
import { resetPipeline } from '@millrace/kafka/reset';
import { PREFIX_BYTES_MAX, readLaneFields, readSchemaId, writePrefix } from '@millrace/lanes/lane-fields';
import type { LogRecord } from '@millrace/lanes/ports/log';
import type { DeadLetterRow } from '@millrace/lanes/ports/results';
import { eventually } from '@millrace/testkit/eventually';
import {
  createKafkaWorld,
  type KafkaWorld,
  READ_BY,
  type RunningWorld,
  SETTINGS,
} from './fixtures/kafka-world.ts';
import { payment } from './fixtures/payments.ts';

const LANES = 2;
const PATIENCE_MS = 60_000;
const TIMEOUT_MS = 180_000;
const MINUTE_MS = 60_000;
const CARDS = 10;
const UNKNOWN_SCHEMA = 2 ** 31 - 77;
const TOPICS = Object.keys(READ_BY);
const PREFIX = '__connect.errors.';
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}, PATIENCE_MS);

async function open(url = givenRegistry()): Promise<KafkaWorld> {
  const world = await createKafkaWorld(LANES, openRegistry({ url, logger: quiet }));
  cleanUps.push(() => world.close());
  return world;
}

const start = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 30 * MINUTE_MS;
/** Three for each card in each minute, so that each card alarms. */
const payments = (from: number, minute: number) =>
  Array.from({ length: 3 * CARDS }, (_, i) =>
    payment(`p${from + i}`, { card: `c${i % CARDS}`, amount: 2, paid_at: start + minute * MINUTE_MS + i }),
  );
/** Closes the windows before it, in every lane. */
const closing = () =>
  Array.from({ length: 40 }, (_, i) => payment(`z${i}`, { card: `z${i}`, paid_at: start + 20 * MINUTE_MS }));

async function isThere(world: KafkaWorld, minute: number): Promise<boolean> {
  const rows = await world.windows('per_card');
  const done = rows.filter(
    ({ start: at, values }) => at === start + minute * MINUTE_MS && values.payments === 3,
  );
  const alerts = await world.results.alerts({ pipeline: world.plan.pipeline, limit: 1_000 });
  return done.length === CARDS && alerts.rows.length >= CARDS * (minute + 1);
}

/** Writes as anybody might; answers where each record went. */
async function write(
  world: KafkaWorld,
  topic: string,
  values: readonly (Uint8Array | null)[],
): Promise<number> {
  const producer = createClients(world.options).producer();
  await producer.connect();
  const messages = values.map((value) => ({
    partition: 0,
    key: 'their key',
    value: value === null ? null : Buffer.from(value),
    headers: { theirs: 'yes' },
  }));
  const [result] = await producer.send({ topic: `${world.plan.pipeline}.${topic}`, messages });
  await producer.disconnect();
  return Number(result!.baseOffset);
}

async function readAll(world: KafkaWorld, topic: string, lane: number): Promise<LogRecord[]> {
  const name = `${world.plan.pipeline}.${topic}`;
  const { end } = await world.log.bounds(name, lane);
  const records: LogRecord[] = [];
  while (records.length < end)
    records.push(...(await world.log.read(name, lane, records.length, 1_000)).records);
  return records;
}

function wire(schemaId: number, rest: Uint8Array): Uint8Array {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(schemaId, 1);
  return Buffer.concat([header, rest]);
}

/** The record with other lane fields before what it holds. */
function withLaneFields(record: LogRecord, change: (values: number[]) => void): Uint8Array {
  const fields = readLaneFields(record.value)!;
  const values = [...fields.values];
  change(values);
  const prefix = Buffer.alloc(PREFIX_BYTES_MAX);
  const end = writePrefix(prefix, readSchemaId(record.value)!, values);
  return Buffer.concat([prefix.subarray(0, end), record.value.subarray(fields.end)]);
}

interface Poison {
  readonly name: string;
  readonly value: Uint8Array | null;
}

async function poisonsOf(world: KafkaWorld, topic: string, others: number): Promise<readonly Poison[]> {
  const good = (await readAll(world, topic, 0)).at(-1)!;
  const id = readSchemaId(good.value)!;
  const far = (values: number[]) => {
    values[0] = 2 ** 52;
  };
  return [
    { name: 'garbage', value: randomBytes(60).fill(0xff, 0, 1) },
    { name: 'no value', value: null },
    { name: 'a lone byte', value: Buffer.of(0) },
    { name: 'text', value: Buffer.from('{"hello":"world"}') },
    { name: 'an unknown schema', value: wire(UNKNOWN_SCHEMA, randomBytes(40)) },
    { name: 'somebody else’s schema', value: wire(others, randomBytes(40)) },
    { name: 'a known schema and garbage', value: wire(id, Buffer.alloc(50, 0xff)) },
    { name: 'truncated Avro', value: good.value.subarray(0, good.value.length - 3) },
    { name: 'larger than a dead letter may be', value: Buffer.alloc(1_000_000, 0x41) },
    // In raw the offset is what counts, and it would be an event like any other.
    ...(topic === 'raw' ? [] : [{ name: 'a lane_seq from nowhere', value: withLaneFields(good, far) }]),
  ];
}

async function deadLetters(world: KafkaWorld): Promise<readonly DeadLetterRow[]> {
  return (await world.results.deadLetters({ pipeline: world.plan.pipeline, limit: 1_000 })).rows;
}

interface Written {
  readonly topic: string;
  readonly offset: number;
  readonly poison: Poison;
}

/** Each has its dead letter on the topic, with all that Kafka Connect says of one. */
function expectReported(
  world: KafkaWorld,
  letters: readonly LogRecord[],
  { topic, offset, poison }: Written,
) {
  const { pipeline } = world.plan;
  const found = letters.filter(
    ({ headers = {} }) =>
      headers[`${PREFIX}topic`] === `${pipeline}.${topic}` && headers[`${PREFIX}offset`] === String(offset),
  );
  expect([poison.name, topic, found.length]).toEqual([poison.name, topic, 1]);
  const { headers = {}, value, key } = found[0]!;
  const stage = READ_BY[topic]!.split('.')[0]!;
  const verdict = topic === 'raw' && /truncated/.test(poison.name);
  const code = verdict ? 'unreadable' : 'foreign_record';
  expect(headers).toMatchObject({
    [`${PREFIX}partition`]: '0',
    [`${PREFIX}connector.name`]: pipeline,
    [`${PREFIX}task.id`]: '0',
    [`${PREFIX}stage`]: stage,
    [`${PREFIX}class.name`]: `millrace.${stage}`,
    [`${PREFIX}exception.class.name`]: code,
  });
  expect(headers[`${PREFIX}exception.message`]).not.toBe('');
  expect(headers[`${PREFIX}exception.stacktrace`]).toContain(`at ${stage}(${pipeline}.${topic}-0@${offset})`);
  const original = poison.value ?? new Uint8Array(0);
  expect(Buffer.from(original).subarray(0, value.length).equals(value)).toBe(true);
  expect(
    value.length === original.length || headers['millrace.cut_from_bytes'] === String(original.length),
  ).toBe(true);
  if (verdict) return;
  expect(Buffer.from(key!).toString()).toBe('their key');
  expect(headers.theirs).toBe('yes');
}

async function expectWindows(world: KafkaWorld, minutes: number): Promise<void> {
  const rows = (await world.windows('per_card')).filter(({ group }) => group.startsWith('c'));
  expect(rows).toHaveLength(CARDS * minutes);
  for (const { values, final } of rows)
    expect({ values, final }).toEqual({ final: true, values: { payments: 3, total: 6, twice: 12 } });
  const merged = (await world.windows('per_city')).filter(({ final }) => final);
  expect(merged.reduce((sum, { values }) => sum + Number(values.payments), 0)).toBe(3 * CARDS * minutes);
}

async function finish(run: RunningWorld): Promise<void> {
  await run.send(closing());
  await run.closeDoor();
  const isDone = () => {
    expect(run.stopped).toEqual([]);
    return run.isDrained();
  };
  await eventually('all is read', isDone, PATIENCE_MS);
}

test(
  'poison in every topic becomes a dead letter each, and nothing else changes',
  async () => {
    const world = await open();
    const others = await openRegistry({ url: givenRegistry(), logger: quiet }).register(
      `other.${randomUUID()}`,
      { type: 'record', name: 'Other', fields: [{ name: 'a', type: 'long' }] },
    );
    const run = await world.run(0);
    await run.send(payments(0, 0));
    await eventually('the first are through', () => isThere(world, 0), PATIENCE_MS);
    const written: Written[] = [];
    for (const topic of TOPICS) {
      const poisons = await poisonsOf(world, topic, others);
      for (const poison of poisons) {
        written.push({ topic, poison, offset: await write(world, topic, [poison.value]) });
      }
    }
    await run.send(payments(1_000, 1));
    await finish(run);

    await expectWindows(world, 2);
    const rows = await deadLetters(world);
    expect(rows).toHaveLength(written.length);
    const large = rows.filter(({ payload }) => payload.length === 1_000_000);
    expect(large).toHaveLength(TOPICS.length);
    const letters = await readAll(world, 'deadletters', 0);
    for (const each of written) expectReported(world, letters, each);
  },
  TIMEOUT_MS,
);

test(
  'a registry that is down is waited for: no verdict, no loss',
  async () => {
    let down = false;
    const gateway = await startRegistryGateway(givenRegistry(), () => (down ? 503 : null));
    cleanUps.push(() => gateway.close());
    const world = await open(gateway.url);
    const run = await world.run(0);
    await run.send(payments(0, 0));
    await eventually('the first are through', () => isThere(world, 0), PATIENCE_MS);
    down = true;
    const offset = await write(world, 'validated', [wire(UNKNOWN_SCHEMA, randomBytes(30))]);
    await run.send(payments(1_000, 1));
    const stuck = async () => {
      const position = await world.log.committed(
        `${world.plan.pipeline}.enrich`,
        `${world.plan.pipeline}.validated`,
        0,
      );
      return position?.offset === offset;
    };
    await eventually('the lane stands before it', stuck, PATIENCE_MS);
    expect(await deadLetters(world)).toEqual([]);
    down = false;
    await finish(run);
    await expectWindows(world, 2);
    expect(await deadLetters(world)).toMatchObject([{ code: 'foreign_record', stage: 'enrich' }]);
  },
  TIMEOUT_MS,
);

test(
  'after a reset the pipeline runs again, and its rows win over those of the generation before',
  async () => {
    const world = await open();
    const first = await world.run(0);
    await first.send([...payments(0, 0), ...payments(100, 0)]);
    await finish(first);
    await first.stop();
    const parts = { forgetState: async () => {}, onProgress: () => {} };
    const { generation } = await resetPipeline(world.options, world.plan, SETTINGS, parts);
    const second = await world.run(generation);
    await second.send(payments(0, 0));
    await finish(second);
    await expectWindows(world, 1);
  },
  TIMEOUT_MS,
);
