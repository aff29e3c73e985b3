import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import {
  type ReadOptions,
  type TopicBounds,
  TopicError,
  type TopicsOfOthers,
} from '@millrace/lanes/ports/topics';
import type { Admin } from 'kafkajs';
import { type ClientOptions, type Clients, createClients } from './clients.ts';
import { connecting } from './connecting.ts';
import { joinTopicGroup } from './topic-group.ts';

export interface TopicsOptions extends ClientOptions {
  readonly registry: SchemaRegistry | null;
  /** After how long a topic's new partitions are noticed, at most. */
  readonly metadataMaxAgeMs?: number;
}

const METADATA_MAX_AGE_MS = 30_000;

/** Topics of others on Kafka. @throws as `connecting`. */
export async function openTopicsOfOthers(options: TopicsOptions): Promise<TopicsOfOthers> {
  const { registry, logger, brokers, metadataMaxAgeMs = METADATA_MAX_AGE_MS } = options;
  const clients = createClients(options);
  const admin = clients.admin();
  await connecting(options, () => admin.connect());
  const reading = new Set<{ close(): Promise<void> }>();

  async function partitions(topic: string): Promise<number> {
    if (!(await admin.listTopics()).includes(topic)) {
      throw new TopicError(
        `the brokers ${brokers.join(', ')} have no topic ${topic}, or this user may not see it. Mend its name, or create it first.`,
      );
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions.length;
  }

  return {
    partitions,
    bounds: (topic, partition) => boundsOf(clients, admin, topic, partition),
    async read(given: ReadOptions) {
      const member = await joinTopicGroup(given, {
        consumer: clients.consumer(given.group, {
          readUncommitted: false,
          metadataMaxAge: metadataMaxAgeMs,
        }),
        logger,
        bounds: (topic, partition) => boundsOf(clients, admin, topic, partition),
        committed: (topic, partition) => committedOf(admin, given.group, topic, partition),
      });
      reading.add(member);
      return {
        async close() {
          reading.delete(member);
          await member.close();
        },
      };
    },
    schemas: registry,
    async close() {
      await Promise.all([...reading].map((member) => member.close()));
      await admin.disconnect();
    },
  };
}

async function boundsOf(
  clients: Clients,
  admin: Admin,
  topic: string,
  partition: number,
): Promise<TopicBounds> {
  const known = await boundsBy(admin, topic, partition);
  if (known !== null) return known;
  // kafkajs remembers for minutes how many partitions there were.
  const fresh = clients.admin();
  await fresh.connect();
  try {
    const found = await boundsBy(fresh, topic, partition);
    if (found !== null) return found;
  } finally {
    await fresh.disconnect();
  }
  throw new TopicError(`topic ${topic} has no partition ${partition} any more: was it made anew?`);
}

async function boundsBy(admin: Admin, topic: string, partition: number): Promise<TopicBounds | null> {
  const found = (await admin.fetchTopicOffsets(topic)).find((each) => each.partition === partition);
  return found === undefined ? null : { start: Number(found.low), end: Number(found.high) };
}

async function committedOf(
  admin: Admin,
  groupId: string,
  topic: string,
  partition: number,
): Promise<number | null> {
  const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const offset = Number(answer?.partitions.find((each) => each.partition === partition)?.offset ?? -1);
  return offset < 0 ? null : offset;
}
