import { openKafkaLog } from '@millrace/kafka/event-log';
import { LANES, resultTopic } from './payments-document.ts';

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };
const STAGE_TOPICS = [
  'raw',
  'validated',
  'enriched',
  'partials',
  'aggregated',
  'windows',
  'alerts',
  'deadletters',
];

export function pipelineTopics(pipeline: string): string[] {
  return [...STAGE_TOPICS.map((topic) => `${pipeline}.${topic}`), resultTopic(pipeline)];
}

export async function createTopics(brokers: readonly string[], topics: readonly string[]): Promise<void> {
  const log = await openKafkaLog({ brokers, clientId: 'bench', logger: SILENT });
  await log.createTopics(topics, { lanes: LANES, replication: 1 });
  await log.close();
}
