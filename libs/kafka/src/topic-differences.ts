import kafkajs, { type Admin } from 'kafkajs';
import type { TopicShape } from './topic-settings.ts';

// Node does not find this name in the package, whose modules are CommonJS.
const { ConfigResourceTypes } = kafkajs;

/** What a topic is, as far as a shape says something about it. */
export interface FoundTopic {
  readonly partitions: number;
  /** Of the partition that has the fewest copies. */
  readonly replication: number;
  readonly settings: ReadonlyMap<string, string>;
}

/** Those of the topics that are there. */
export async function findTopics(
  admin: Admin,
  topics: ReadonlyMap<string, TopicShape>,
): Promise<ReadonlyMap<string, FoundTopic>> {
  // Asked for by name, a topic that is not there is an error.
  const there = new Set(await admin.listTopics());
  const names = [...topics.keys()].filter((topic) => there.has(topic));
  if (names.length === 0) return new Map();
  const [{ topics: metadata }, { resources }] = await Promise.all([
    admin.fetchTopicMetadata({ topics: names }),
    admin.describeConfigs({
      includeSynonyms: false,
      resources: names.map((name) => ({
        type: ConfigResourceTypes.TOPIC,
        name,
        configNames: topics.get(name)!.settings.map((setting) => setting.name),
      })),
    }),
  ]);
  return new Map(
    metadata.map(({ name, partitions }) => {
      const entries = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
      const found: FoundTopic = {
        partitions: partitions.length,
        replication: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        settings: new Map(entries.map(({ configName, configValue }) => [configName, configValue])),
      };
      return [name, found];
    }),
  );
}

/** Each way in which the topic is not as wanted: what, is, wanted and how to mend it. */
export function differences(topic: string, found: FoundTopic, wanted: TopicShape, brokers: string): string[] {
  const faults: string[] = [];
  const fault = (setting: string, is: unknown, want: unknown, remedy: string) =>
    faults.push(`topic ${topic}: ${setting} is ${is}, but has to be ${want}. ${remedy}`);

  if (found.partitions !== wanted.partitions) {
    fault(
      'the number of partitions',
      found.partitions,
      wanted.partitions,
      wanted.partitions === 1
        ? `Delete it: kafka-topics --bootstrap-server ${brokers} --delete --topic ${topic}`
        : 'The pipeline has as many lanes as its topics have partitions, and they can only change together: set `lanes` back, or start a new generation with "millrace reset".',
    );
  }
  if (found.replication < wanted.replication) {
    fault(
      'the number of copies of each record',
      found.replication,
      wanted.replication,
      `Raise it with kafka-reassign-partitions --bootstrap-server ${brokers}, or set the replication to ${found.replication} to accept that it is weaker.`,
    );
  }
  for (const { name, value, accepts } of wanted.settings) {
    const is = found.settings.get(name);
    if (is !== undefined && accepts(is)) continue;
    const command = `kafka-configs --bootstrap-server ${brokers} --alter --entity-type topics --entity-name ${topic} --add-config ${name}=${value}`;
    fault(name, is ?? 'unknown', value, `Mend it with: ${command}`);
  }
  return faults;
}
