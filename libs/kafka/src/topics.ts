import type { Admin } from 'kafkajs';
import { KafkaSetupError } from './setup-error.ts';
import { laneTopicShape, type TopicShape } from './topic-settings.ts';

export interface TopicOptions {
  readonly lanes: number;
  /** Copies of each record. */
  readonly replication: number;
}

/** Kafka's default. */
const RETENTION_MS = 7 * 86_400_000;
/** How long topics that were created may take to be led. */
const LEADERS_TIMEOUT_MS = 30_000;
const LEADERS_POLL_MS = 50;

/** Creates those of the topics that are not there yet, as the pipeline's own are. */
export function createTopics(
  admin: Admin,
  topics: readonly string[],
  { lanes, replication }: TopicOptions,
): Promise<void> {
  const shape = laneTopicShape(lanes, replication, { retentionMs: RETENTION_MS });
  return createShaped(admin, new Map(topics.map((topic) => [topic, shape])));
}

/**
 * Creates those of the topics that are not there yet, and waits until all have leaders; any number of processes may do
 * so at once.
 */
export async function createShaped(admin: Admin, topics: ReadonlyMap<string, TopicShape>): Promise<void> {
  await admin.createTopics({
    // kafkajs gives up where a broker has not heard of the topic yet.
    waitForLeaders: false,
    topics: [...topics].map(([topic, { partitions, replication, settings }]) => ({
      topic,
      numPartitions: partitions,
      replicationFactor: replication,
      configEntries: settings.map(({ name, value }) => ({ name, value })),
    })),
  });
  const deadline = performance.now() + LEADERS_TIMEOUT_MS;
  for (;;) {
    const leaderless = await withoutLeader(admin, [...topics.keys()]);
    if (leaderless.length === 0) return;
    if (performance.now() > deadline) {
      throw new KafkaSetupError(
        `topics were created, but after ${LEADERS_TIMEOUT_MS / 1_000} s not all partitions have a leader: ${leaderless.join(', ')}. See the brokers' logs.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LEADERS_POLL_MS));
  }
}

async function withoutLeader(admin: Admin, names: readonly string[]): Promise<readonly string[]> {
  // Asked for by name, a topic that is not there is an error.
  const there = new Set(await admin.listTopics());
  const missing = names.filter((name) => !there.has(name));
  if (missing.length > 0) return missing;
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
    const leaderless = topics.filter(
      ({ partitions }) => partitions.length === 0 || partitions.some(({ leader }) => leader < 0),
    );
    if (leaderless.length > 0) return leaderless.map(({ name }) => name);
    // Its leader may not have heard of it yet.
    await Promise.all(names.map((name) => admin.fetchTopicOffsets(name)));
    return [];
  } catch (error) {
    // Another broker answers, which has not heard of it yet; or knows none of its partitions, which kafkajs trips over.
    if ((error as { readonly retriable?: unknown }).retriable === true || error instanceof TypeError)
      return names;
    throw error;
  }
}
