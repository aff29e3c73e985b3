import type { Plan } from '@millrace/pipeline/plan';
import type { Admin } from 'kafkajs';
import { type ClientOptions, withAdmin } from './clients.ts';
import { laneTopics, pipelineTopic, routedTopics } from './plan-topics.ts';
import { KafkaSetupError } from './setup-error.ts';
import { differences, type FoundTopic, findTopics } from './topic-differences.ts';
import {
  laneTopicShape,
  pipelineTopicShape,
  REPLICATION,
  type TopicSettings,
  type TopicShape,
} from './topic-settings.ts';
import { createShaped } from './topics.ts';

export type ProvisionPlan = Pick<Plan, 'pipeline' | 'lanes' | 'routes'>;

/**
 * Creates those of the pipeline's topics that are not there, and checks all of them. Any number of services may do so
 * at once.
 * @throws KafkaSetupError when a topic is there that is not as it has to be, naming each setting.
 */
export async function provisionTopics(
  options: ClientOptions,
  plan: ProvisionPlan,
  settings: TopicSettings,
): Promise<void> {
  await withAdmin(options, async (admin) => {
    const shapes = await shapesOf(admin, options, plan, settings);
    await createMissing(admin, options, shapes);
    check(await findTopics(admin, shapes), shapes, plan, options);
  });
}

/** As `provisionTopics`, but a topic that is not there is a fault as well. */
export async function checkTopics(
  options: ClientOptions,
  plan: ProvisionPlan,
  settings: TopicSettings,
): Promise<void> {
  await withAdmin(options, async (admin) => {
    const shapes = await shapesOf(admin, options, plan, settings);
    const found = await findTopics(admin, shapes);
    const missing = new Map([...shapes].filter(([topic]) => !found.has(topic)));
    if (missing.size > 0) throw new KafkaSetupError(absent(missing, options));
    check(found, shapes, plan, options);
  });
}

/** Creates the topic that holds the generation, where it is not there. */
export async function provisionPipelineTopic(
  options: ClientOptions,
  plan: Pick<Plan, 'pipeline'>,
  settings: TopicSettings,
): Promise<void> {
  await withAdmin(options, async (admin) => {
    const shape = pipelineTopicShape(await settleReplication(admin, settings, options));
    await createMissing(admin, options, new Map([[pipelineTopic(plan), shape]]));
  });
}

type Shapes = ReadonlyMap<string, TopicShape>;

async function shapesOf(
  admin: Admin,
  options: ClientOptions,
  plan: ProvisionPlan,
  settings: TopicSettings,
): Promise<Shapes> {
  const replication = await settleReplication(admin, settings, options);
  const lane = laneTopicShape(plan.lanes, replication, settings);
  return new Map([
    ...[...laneTopics(plan), ...routedTopics(plan)].map((topic) => [topic, lane] as const),
    [pipelineTopic(plan), pipelineTopicShape(replication)],
  ]);
}

async function createMissing(admin: Admin, options: ClientOptions, shapes: Shapes): Promise<void> {
  const found = await findTopics(admin, shapes);
  const missing = new Map([...shapes].filter(([topic]) => !found.has(topic)));
  if (missing.size > 0) await create(admin, missing, options);
}

function check(
  found: ReadonlyMap<string, FoundTopic>,
  shapes: Shapes,
  plan: ProvisionPlan,
  options: ClientOptions,
): void {
  const routed = new Set(routedTopics(plan));
  const brokers = options.brokers.join(',');
  const faults = [...found].flatMap(([topic, is]) =>
    routed.has(topic)
      ? tooFew(topic, is.partitions, plan.lanes, brokers)
      : differences(topic, is, shapes.get(topic)!, brokers),
  );
  if (faults.length > 0) throw new KafkaSetupError(faults.join('\n'));
}

async function settleReplication(
  admin: Admin,
  settings: TopicSettings,
  { logger }: ClientOptions,
): Promise<number> {
  const brokers = (await admin.describeCluster()).brokers.length;
  const replication = settings.replication ?? Math.min(REPLICATION, brokers);
  if (replication > brokers) {
    throw new KafkaSetupError(
      `Kafka has ${brokers} broker${brokers === 1 ? '' : 's'}, which can't hold ${replication} copies of each record. ` +
        'Wait until all brokers are up, or set a lower replication and accept that it is weaker.',
    );
  }
  if (replication < REPLICATION) {
    logger.warn(
      { brokers, replication },
      replication === 1
        ? 'Kafka keeps a single copy of each record: what a lost disk held is lost, acknowledged or not. For production use 3 brokers and replication 3.'
        : 'Kafka keeps two copies of each record, and takes none while a broker is down. For production use 3 brokers and replication 3.',
    );
  }
  return replication;
}

async function create(admin: Admin, missing: Shapes, options: ClientOptions): Promise<void> {
  try {
    await createShaped(admin, missing);
  } catch (error) {
    if (error instanceof KafkaSetupError) throw error;
    const reasons = (error as { readonly errors?: readonly Error[] }).errors ?? [error as Error];
    const why = [...new Set(reasons.map(({ message }) => message))].join('; ');
    throw new KafkaSetupError(`topics can't be created: ${why}. ${absent(missing, options)}`, {
      cause: error,
    });
  }
}

function absent(missing: Shapes, { brokers }: ClientOptions): string {
  const commands = [...missing].map(([topic, { partitions, replication, settings }]) =>
    [
      `kafka-topics --bootstrap-server ${brokers.join(',')} --create --topic ${topic}`,
      `--partitions ${partitions} --replication-factor ${replication}`,
      ...settings.map(({ name, value }) => `--config ${name}=${value}`),
    ].join(' '),
  );
  return `Kafka has no topic ${[...missing.keys()].join(', ')}. Create with:\n${commands.join('\n')}`;
}

/** A topic that the user named may be kept as they like, if each lane has its partition. */
function tooFew(topic: string, partitions: number, lanes: number, brokers: string): string[] {
  if (partitions >= lanes) return [];
  return [
    `topic ${topic}: the number of partitions is ${partitions}, but has to be at least ${lanes}, as a route writes one per lane. Mend it with: kafka-topics --bootstrap-server ${brokers} --alter --topic ${topic} --partitions ${lanes}`,
  ];
}
