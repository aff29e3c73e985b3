import { type EachBatchPayload, Kafka, logLevel } from 'kafkajs';
import { LANES, outTopic } from './document.ts';
import { createRecordReader, type LaneRecord } from './lane-record.ts';

/** What came on the pipeline's topics within one try of a row. */
export interface Seen {
  /** When the route's topic first had the event, in `performance.now()`, and in which lane; by the event's id. */
  readonly routed: Map<string, { readonly atMs: number; readonly lane: number }>;
  /** Records of the route's topic beyond the first of each event: such a topic is written at least once. */
  routedAgain: number;
  /** Times that what is to come once was news to a consumer that drops repeats; by what it is. */
  readonly news: Map<string, number>;
}

export interface Tail {
  /** Begins anew. Events of a slice before, of which all has come, are not mistaken for others. */
  restart(): Seen;
  /** Whether all that the topics hold by now has been read. */
  hasAll(): Promise<boolean>;
  /** What made the reading wrong; null: nothing. */
  readonly failure: Error | null;
  stop(): Promise<void>;
}

const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 1_000 };
const FETCH_WAIT_MS = 20;

/** Reads the route's topic and the pipeline's own as a consumer of others would: by Kafka and the registry alone. */
export async function startTail(kafka: string, registry: string, pipeline: string): Promise<Tail> {
  const client = new Kafka({
    clientId: 'faults',
    brokers: kafka.split(','),
    logLevel: logLevel.NOTHING,
    requestTimeout: 5_000,
    connectionTimeout: 2_000,
    retry: RETRY,
  });
  const out = outTopic(pipeline);
  const topics = [out, ...['aggregated', 'windows', 'alerts'].map((topic) => `${pipeline}.${topic}`)];
  const consumer = client.consumer({
    groupId: `${pipeline}-faults`,
    sessionTimeout: 10_000,
    heartbeatInterval: 1_000,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    retry: { ...RETRY, restartOnFailure: async () => true },
  });
  const admin = client.admin();
  await admin.connect();
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  const read = createRecordReader(registry);
  const nexts = new Map<string, bigint>();
  const isNews = createNews();
  let seen = empty();
  let failure: Error | null = null;

  async function take({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload) {
    const { topic, partition } = batch;
    const place = `${topic}/${partition}`;
    for (const message of batch.messages) {
      if (!isRunning() || isStale()) return;
      const offset = BigInt(message.offset);
      const next = nexts.get(place) ?? 0n;
      if (offset > next) failure ??= new Error(`${place} went from ${next} to ${offset}: records are gone`);
      if (offset === next) {
        if (topic === out) takeRouted(seen, String(message.headers!['millrace-id']), partition);
        else takeMade(await read(message.value!), place);
        nexts.set(place, offset + 1n);
      }
      resolveOffset(message.offset);
    }
    await heartbeat();
  }

  function takeMade(record: LaneRecord, place: string): void {
    const what = nameOf(record);
    if (what !== null && isNews(place, record)) seen.news.set(what, (seen.news.get(what) ?? 0) + 1);
  }

  await consumer.run({
    autoCommitInterval: 1_000,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: topics.length * LANES,
    eachBatch: take,
  });

  return {
    restart() {
      seen = empty();
      return seen;
    },
    async hasAll() {
      for (const topic of topics) {
        for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
          if ((nexts.get(`${topic}/${partition}`) ?? 0n) < BigInt(high)) return false;
        }
      }
      return true;
    },
    get failure() {
      return failure;
    },
    async stop() {
      await consumer.disconnect();
      await admin.disconnect();
    },
  };
}

function empty(): Seen {
  return { routed: new Map(), routedAgain: 0, news: new Map() };
}

function takeRouted(seen: Seen, id: string, lane: number): void {
  if (seen.routed.has(id)) seen.routedAgain += 1;
  else seen.routed.set(id, { atMs: performance.now(), lane });
}

/** As a consumer drops repeats: what is not behind the last of its writer does not exist. */
function createNews(): (place: string, record: LaneRecord) => boolean {
  const lasts = new Map<string, { seq: number; index: number }>();
  return (place, { seq, index, writer }) => {
    // Events and ticks share one order; what stages make has one for each writer.
    const key = `${place}/${writer}`;
    const last = lasts.get(key);
    if (last !== undefined && (seq < last.seq || (seq === last.seq && index <= last.index))) return false;
    lasts.set(key, { seq, index });
    return true;
  };
}

/** What is to come once; null for records that only tell the time. */
function nameOf({ name, fields }: LaneRecord): string | null {
  if (name === 'Aggregated' || name === 'Rejected') return `event ${fields.id}`;
  if (name === 'Alert') return `alert ${fields.id}`;
  if (!name.startsWith('Window_')) return null;
  const { group, start, revision } = fields as Record<string, string | number>;
  return `window ${name.slice('Window_'.length)}:${group}:${start}:${revision}`;
}
