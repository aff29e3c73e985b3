import type { Admin } from 'kafkajs';

export interface TopicOptions {
  readonly lanes: number;
  /** Copies of each record. */
  readonly replication: number;
}

/** Creates those of the topics that are not there yet. */
export async function createTopics(
  admin: Admin,
  topics: readonly string[],
  { lanes, replication }: TopicOptions,
): Promise<void> {
  await admin.createTopics({
    waitForLeaders: true,
    topics: topics.map((topic) => ({
      topic,
      numPartitions: lanes,
      replicationFactor: replication,
      configEntries: [
        { name: 'cleanup.policy', value: 'delete' },
        // Retention by age goes by the time that ingest gave, not by when a record was sent again.
        { name: 'message.timestamp.type', value: 'CreateTime' },
        { name: 'min.insync.replicas', value: String(Math.min(2, replication)) },
        { name: 'unclean.leader.election.enable', value: 'false' },
      ],
    })),
  });
}
