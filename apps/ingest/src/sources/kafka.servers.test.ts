import { randomBytes, randomUUID } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { afterEach, expect, test } from '@jest/globals';
import type { ClientOptions } from '@millrace/kafka/clients';
import { givenBroker } from '@millrace/kafka/fixtures/broker';
import { givenRegistry } from '@millrace/kafka/fixtures/given-registry';
import { type Outsider, outsider } from '@millrace/kafka/fixtures/outsider';
import { openRegistry } from '@millrace/kafka/registry';
import { openTopicsOfOthers } from '@millrace/kafka/topics-of-others';
import type { Flow } from '@millrace/lanes/flow';
import { decodePayload } from '@millrace/lanes/payload';
import type { StateStore } from '@millrace/lanes/ports/state';
import { avroType } from '@millrace/pipeline/avro-type';
import type { AvroSchema, EventPlan, Plan } from '@millrace/pipeline/plan';
import { eventually } from '@millrace/testkit/eventually';
import { eventPlanOf, planOf, sourceOf } from '@millrace/testkit/plans';
import { createMemoryLog, type MemoryLog } from '../fixtures/memory-log.ts';
import { createMemoryState } from '../fixtures/memory-state.ts';
import { createIngest } from '../stage.ts';

const LANES = 3;
const PARTITIONS = 3;
const PATIENCE_MS = 30_000;
const TIMEOUT_MS = 90_000;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}, PATIENCE_MS);

const warnings: { readonly fields: object; readonly message: string }[] = [];
const logger = {
  info: () => {},
  warn: (fields: object, message: string) => void warnings.push({ fields, message }),
  error: () => {},
};
const options: ClientOptions = { brokers: [givenBroker()], clientId: 'kafka-source', logger };
const registry = openRegistry({ url: givenRegistry(), logger });

async function openOutsider(): Promise<Outsider> {
  const other = await outsider(givenBroker());
  cleanUps.push(() => other.close());
  return other;
}

interface Running {
  readonly memory: MemoryLog;
  readonly failures: Error[];
  flows(): Flow[];
  events(): Flow[];
  drain(): Promise<void>;
  /** As a process that dies: nothing more is saved. */
  kill(): Promise<void>;
}

interface Setup {
  readonly topic: string | readonly string[];
  readonly pipeline?: string;
  readonly config?: object;
  readonly event?: EventPlan;
  readonly state?: StateStore;
  readonly memory?: MemoryLog;
}

function planFor({ topic, pipeline = 'payments', config = {}, event = eventPlanOf() }: Setup): Plan {
  const source = sourceOf('legacy', { kind: 'kafka', config: { topic, ...config } });
  return planOf({ pipeline, lanes: LANES, sources: [source], event });
}

async function start(setup: Setup): Promise<Running> {
  const memory = setup.memory ?? createMemoryLog();
  const saved = setup.state ?? createMemoryState();
  const failures: Error[] = [];
  let isDead = false;
  const state: StateStore = {
    ...saved,
    checkpoint: (key, checkpoint) =>
      isDead ? Promise.reject(new Error('dead')) : saved.checkpoint(key, checkpoint),
  };
  const ingest = createIngest({
    plan: planFor(setup),
    log: memory.log,
    state,
    encodeRaw: (flow) => serialize({ ...flow, payload: flow.payload && Buffer.from(flow.payload) }),
    secrets: new Map(),
    logger,
    onFailed: (error) => failures.push(error),
    topics: () => openTopicsOfOthers({ ...options, registry, metadataMaxAgeMs: 1_000 }),
    bounds: { tickMs: 100, saveMs: 50 },
  });
  await ingest.start();
  const flows = () =>
    Array.from({ length: LANES }, (_, lane) => memory.lane(lane))
      .flat()
      .map(({ value }) => deserialize(value) as Flow);
  let isOver = false;
  async function drain(): Promise<void> {
    if (isOver) return;
    isOver = true;
    await ingest.drain();
  }
  cleanUps.push(drain);
  return {
    memory,
    failures,
    flows,
    events: () => flows().filter(({ kind }) => kind === 'event' || kind === 'rejected'),
    drain,
    async kill() {
      isDead = true;
      isOver = true;
      ingest.abandon();
    },
  };
}

const payment = (id: number) => ({
  payment_id: `p${id}`,
  card: `card ${id % 7}`,
  amount: id,
  currency: 'EUR',
  paid_at: Date.UTC(2026, 0, 1) + id * 1_000,
});
const json = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => Buffer.from(JSON.stringify(payment(from + i))));
const idsOf = (flows: readonly Flow[]) => flows.map(({ id }) => id).sort();
const ids = (from: number, count: number) => Array.from({ length: count }, (_, i) => `p${from + i}`).sort();

async function topicOf(other: Outsider, partitions = PARTITIONS): Promise<string> {
  const topic = `legacy.${randomUUID()}`;
  await other.create(topic, partitions);
  return topic;
}

test(
  'events from all partitions, each with its place; what can not be read is rejected; a restart goes on',
  async () => {
    const other = await openOutsider();
    const topic = await topicOf(other);
    for (let partition = 0; partition < PARTITIONS; partition++)
      await other.send(topic, partition, json(partition * 100, 100));
    await other.send(topic, 1, [Buffer.from('{"payment_id":'), null, Buffer.of(0xff, 0xfe)]);
    const pipeline = `p${randomBytes(4).toString('hex')}`;
    const state = createMemoryState();
    const first = await start({ topic, pipeline, state });
    await eventually('all are there', () => first.events().length >= 303, PATIENCE_MS);
    await eventually('parts tick', () => first.flows().some(({ kind }) => kind === 'tick'), PATIENCE_MS);
    await first.drain();
    const { flows } = first;
    expect(first.failures).toEqual([]);
    const events = flows().filter(({ kind }) => kind === 'event');
    expect(idsOf(events)).toEqual(ids(0, 300));
    const place = events.find(({ id }) => id === 'p205')!;
    expect(place).toMatchObject({
      position: 5,
      source: 'legacy',
      contentType: 'application/json',
      key: 'card 2',
    });
    const rejected = flows().filter(({ kind }) => kind === 'rejected');
    expect(rejected.map(({ code, position }) => [code, position]).sort()).toEqual([
      ['invalid_utf8', 102],
      ['malformed_json', 100],
      ['malformed_json', 101],
    ]);
    for (let lane = 0; lane < LANES; lane++) {
      const inLane = first.memory.lane(lane).map(({ value }) => deserialize(value) as Flow);
      const opened = inLane.filter(({ kind }) => kind === 'opened');
      expect(opened.map(({ partName }) => partName).sort()).toEqual(
        [0, 1, 2].map((n) => `legacy:${topic}-${n}`),
      );
      expect(inLane.findIndex(({ kind }) => kind === 'event')).toBeGreaterThan(
        inLane.lastIndexOf(opened.at(-1)!),
      );
    }

    await other.send(topic, 2, json(300, 5));
    const second = await start({ topic, pipeline, state });
    await eventually('the new ones are there', () => second.events().length >= 5, PATIENCE_MS);
    await second.drain();
    expect(idsOf(second.events())).toEqual(ids(300, 5));
  },
  TIMEOUT_MS,
);

test(
  'of two processes each reads partitions of its own; when one dies the other goes on, and none is lost',
  async () => {
    const other = await openOutsider();
    const topic = await topicOf(other, 4);
    const pipeline = `p${randomBytes(4).toString('hex')}`;
    const state = createMemoryState();
    const first = await start({ topic, pipeline, state });
    const second = await start({ topic, pipeline, state });
    let sent = 0;
    const more = async () => {
      for (let partition = 0; partition < 4; partition++) {
        await other.send(topic, partition, json(sent, 10));
        sent += 10;
      }
    };
    await eventually(
      'both read',
      async () => {
        await more();
        return first.events().length > 0 && second.events().length > 0;
      },
      PATIENCE_MS,
    );
    await second.kill();
    await more();
    const both = () => new Set(idsOf([...first.events(), ...second.events()]));
    await eventually('all are there', () => both().size === sent, PATIENCE_MS);
    await first.drain();
    expect(first.failures).toEqual([]);
  },
  TIMEOUT_MS,
);

const AVRO: AvroSchema = {
  type: 'record',
  name: 'Legacy',
  fields: [
    { name: 'payment_id', type: 'string' },
    { name: 'big', type: 'long' },
    { name: 'blob', type: 'bytes' },
    { name: 'note', type: ['null', 'string'] },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
};

function wire(id: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(id, 1);
  return Buffer.concat([header, body]);
}

test(
  'Avro by the registry, to the last digit; what is not of its schema is rejected',
  async () => {
    const other = await openOutsider();
    const topic = await topicOf(other, 1);
    const id = await registry.register(`legacy.${randomUUID()}`, AVRO);
    const { type } = avroType(AVRO);
    const value = {
      payment_id: 'p1',
      big: 2n ** 60n + 1n,
      blob: Buffer.of(1, 2),
      note: null,
      at: 1_700_000_000_000,
    };
    const good = wire(id, type.toBuffer(value));
    const unknown = wire(2 ** 31 - 55, Buffer.alloc(9));
    await other.send(topic, 0, [good, unknown, good.subarray(0, 9), Buffer.from('{}'), good]);
    const event: EventPlan = {
      ...eventPlanOf(AVRO),
      key: null,
      time: ({ event: fields }) => Number(fields!.at),
      ingestFields: ['payment_id', 'at'],
    };
    const pipeline = `p${randomBytes(4).toString('hex')}`;
    const running = await start({ topic, pipeline, event, config: { format: 'avro' } });
    await eventually('all are there', () => running.events().length >= 5, PATIENCE_MS);
    await running.drain();
    const [first, ...rest] = running.events().sort((a, b) => a.position - b.position);
    expect(first).toMatchObject({ kind: 'event', id: 'p1', eventTime: 1_700_000_000_000 });
    const { record } = decodePayload(first!.contentType, first!.payload!);
    expect(event.codec.read(record, { textual: false, unknownFields: 'reject' })).toEqual({
      faults: null,
      event: value,
    });
    expect(rest.map(({ kind, code }) => [kind, code])).toEqual([
      ['rejected', 'malformed_avro'],
      ['rejected', 'malformed_avro'],
      ['rejected', 'malformed_avro'],
      ['event', ''],
    ]);
  },
  TIMEOUT_MS,
);

test(
  'a topic that grows is read whole, its new partition opened in every lane first',
  async () => {
    const other = await openOutsider();
    const topic = await topicOf(other, 1);
    const pipeline = `p${randomBytes(4).toString('hex')}`;
    const running = await start({ topic, pipeline });
    await other.send(topic, 0, json(0, 3));
    await eventually('the first are there', () => running.events().length === 3, PATIENCE_MS);
    await other.grow(topic, 2);
    await other.send(topic, 1, json(10, 3));
    await eventually(
      'the new partition’s are there',
      () => new Set(idsOf(running.events())).size === 6,
      PATIENCE_MS,
    );
    await running.drain();
    const name = `legacy:${topic}-1`;
    for (let lane = 0; lane < LANES; lane++) {
      const inLane = running.memory.lane(lane).map(({ value }) => deserialize(value) as Flow);
      const opened = inLane.findIndex(({ partName }) => partName === name);
      expect(opened).toBeGreaterThanOrEqual(0);
      const { part } = inLane[opened]!;
      const first = inLane.findIndex((flow) => flow.part === part && flow.kind === 'event');
      expect(first < 0 || first > opened).toBe(true);
    }
  },
  TIMEOUT_MS,
);

test(
  'what went by retention is counted and said; a topic made anew is refused',
  async () => {
    const other = await openOutsider();
    const topic = await topicOf(other, 1);
    const pipeline = `p${randomBytes(4).toString('hex')}`;
    const state = createMemoryState();
    await other.send(topic, 0, json(0, 10));
    const first = await start({ topic, pipeline, state });
    await eventually('all are there', () => first.events().length === 10, PATIENCE_MS);
    await first.drain();
    await other.send(topic, 0, json(10, 10));
    await other.truncate(topic, 0, 17);
    const second = await start({ topic, pipeline, state });
    await eventually('what is left is there', () => second.events().length === 3, PATIENCE_MS);
    await second.drain();
    expect(idsOf(second.events())).toEqual(ids(17, 3));
    expect(warnings).toContainEqual(
      expect.objectContaining({ fields: { source: 'legacy', topic, partition: 0, lost: 7 } }),
    );
    await other.remove(topic);
    await other.create(topic, 1);
    const third = await start({ topic, pipeline, state });
    await eventually('it is refused', () => third.failures.length > 0, PATIENCE_MS);
    expect(third.failures[0]!.message).toMatch(
      /read .* up to offset 20, but it ends at 0: the topic was made anew/,
    );
  },
  TIMEOUT_MS,
);

test(
  'from the latest on, which stays where it was though nothing was read yet',
  async () => {
    const other = await openOutsider();
    const topic = await topicOf(other, 1);
    const pipeline = `p${randomBytes(4).toString('hex')}`;
    const state = createMemoryState();
    const keys: string[] = [];
    const watched: StateStore = {
      ...state,
      checkpoint: (key, checkpoint) => state.checkpoint(key, checkpoint).finally(() => keys.push(key)),
    };
    await other.send(topic, 0, json(0, 5));
    const first = await start({ topic, pipeline, state: watched, config: { from: 'latest' } });
    await eventually('it has begun', () => keys.length > 0, PATIENCE_MS);
    await first.drain();
    await other.send(topic, 0, json(5, 5));
    const second = await start({ topic, pipeline, state, config: { from: 'latest' } });
    await eventually('the later ones are there', () => second.events().length === 5, PATIENCE_MS);
    expect(idsOf(second.events())).toEqual(ids(5, 5));
  },
  TIMEOUT_MS,
);

test(
  'of transactions only what was committed, without standing at what is in between',
  async () => {
    const other = await openOutsider();
    const topic = await topicOf(other, 1);
    await other.transaction(topic, json(0, 5), 'commit');
    await other.transaction(topic, json(100, 5), 'abort');
    await other.transaction(topic, json(5, 5), 'commit');
    await other.transaction(topic, json(200, 5), 'abort');
    const running = await start({ topic, pipeline: `p${randomBytes(4).toString('hex')}` });
    await eventually('those are there', () => running.events().length === 10, PATIENCE_MS);
    await other.send(topic, 0, json(10, 2));
    await eventually('and the next', () => running.events().length === 12, PATIENCE_MS);
    await running.drain();
    expect(idsOf(running.events())).toEqual(ids(0, 12));
  },
  TIMEOUT_MS,
);

test('a topic that is not there is said at the start', async () => {
  await expect(start({ topic: `nowhere.${randomUUID()}` })).rejects.toThrow(/have no topic nowhere/);
});
