import { openCassandraResults } from '@millrace/cassandra/open';
import type { ClientOptions } from '@millrace/kafka/clients';
import { type KafkaLog, openKafkaLog } from '@millrace/kafka/event-log';
import { provisionPipeline } from '@millrace/kafka/pipeline';
import { openRegistry } from '@millrace/kafka/registry';
import type { LaneCodec } from '@millrace/lanes/lane-codec';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { SharedValues } from '@millrace/lanes/ports/shared-values';
import type { StateStore } from '@millrace/lanes/ports/state';
import { registerSchemas, type SchemaIds } from '@millrace/lanes/record-schemas';
import { createRecordCodec } from '@millrace/lanes/records';
import type { Plan } from '@millrace/pipeline/plan';
import { openRedisStateStore, type RedisStateStore } from '@millrace/redis/open';
import type { ServiceContext } from '../service-context.ts';
import { untilAnswered } from '../until-answered.ts';
import { watchAnswers } from '../watch-answers.ts';
import {
  cassandraOptions,
  kafkaOptions,
  redisOptions,
  registryOptions,
  topicSettings,
} from './adapter-options.ts';
import { lazyResults, lazyShared } from './lazy-ports.ts';

/** The log and the schemas: what every service of a pipeline stands on. */
export interface Backbone {
  readonly log: KafkaLog;
  readonly generation: number;
  readonly codec: LaneCodec;
  /** Decodes events with all their fields, for people. */
  readonly whole: LaneCodec;
  readonly ids: SchemaIds;
  /** How the two are reached, for topics of others beside the pipeline's own. */
  readonly kafka: ClientOptions;
  readonly registry: SchemaRegistry;
}

/** Waits for Kafka and the registry; makes or checks topics and schemas. @throws what a person has to mend. */
export async function openBackbone(context: ServiceContext): Promise<Backbone> {
  const { plan, configuration, logger, opened } = context;
  const kafka = kafkaOptions(configuration, `millrace-${context.name}-${context.instance}`, logger);
  const { generation } = await waitFor(context, 'Kafka', () =>
    provisionPipeline(kafka, ownTopics(context), topicSettings(configuration)),
  );
  const registry = openRegistry(registryOptions(configuration, logger));
  const ids = await waitFor(context, 'the schema registry', () => registerSchemas(registry, plan));
  const log = await waitFor(context, 'Kafka', () => openKafkaLog(kafka));
  opened.defer(() => log.close());
  watchAnswers(context, 'Kafka', () => log.bounds(`${plan.pipeline}.raw`, 0));
  return {
    log,
    generation,
    ids,
    kafka,
    registry,
    codec: createRecordCodec({ plan, ids, registry }),
    whole: createRecordCodec({ plan, ids, registry, allFields: true }),
  };
}

/** The topics that routes name are route's to make: what they are called is only read with the catalogue of sinks. */
function ownTopics({ name, plan }: ServiceContext): Plan {
  return name === 'route' ? plan : { ...plan, routes: [] };
}

export interface RedisPorts {
  readonly state: StateStore;
  readonly shared: SharedValues;
}

/** Waits for Redis. */
export async function openState(context: ServiceContext): Promise<RedisPorts> {
  const redis = await openRedis(context, (open) => waitFor(context, 'Redis', open));
  watchAnswers(context, 'Redis', () => redis.check());
  return { state: redis, shared: redis.shared };
}

/** For services that go on without Redis: it is there when it is there. */
export function sharedWhenThere(context: ServiceContext): SharedValues {
  return lazyShared(async () => (await openRedis(context, (open) => open())).shared);
}

async function openRedis(
  { configuration, logger, opened }: ServiceContext,
  by: (open: () => Promise<RedisStateStore>) => Promise<RedisStateStore>,
): Promise<RedisStateStore> {
  const store = await by(() => openRedisStateStore(redisOptions(configuration), logger));
  opened.defer(() => store.close());
  return store;
}

/** Waits for Cassandra. */
export async function openResults(context: ServiceContext): Promise<ResultStore> {
  const { configuration, logger, opened } = context;
  const results = await waitFor(context, 'Cassandra', () =>
    openCassandraResults(cassandraOptions(configuration), logger),
  );
  opened.defer(() => results.close());
  watchAnswers(context, 'Cassandra', () => results.check());
  return results;
}

/** For stages that only keep there what others wrote on their topics. */
export function resultsWhenNeeded({ configuration, logger, opened }: ServiceContext): ResultStore {
  return lazyResults(async () => {
    const results = await openCassandraResults(cassandraOptions(configuration), logger);
    opened.defer(() => results.close());
    return results;
  });
}

/** Until it answers; what waits is in the log and in `/readyz`. */
export function waitFor<T>(context: ServiceContext, what: string, attempt: () => Promise<T>): Promise<T> {
  const { clock, logger, configuration, signal, health } = context;
  return untilAnswered(
    {
      clock,
      logger,
      patienceMs: configuration.patience,
      signal,
      onState: (reason) => health.wait(what, reason),
    },
    what,
    attempt,
  );
}
