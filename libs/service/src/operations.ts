import { randomUUID } from 'node:crypto';
import { openCassandraResults } from '@millrace/cassandra/open';
import { currentGeneration, provisionPipeline } from '@millrace/kafka/pipeline';
import { openRegistry } from '@millrace/kafka/registry';
import { resetPipeline } from '@millrace/kafka/reset';
import { type Clock, systemClock } from '@millrace/lanes/ports/clock';
import type { Logger } from '@millrace/lanes/ports/logger';
import { askRebuild } from '@millrace/lanes/rebuild';
import { registerSchemas } from '@millrace/lanes/record-schemas';
import type { Plan } from '@millrace/pipeline/plan';
import { openRedisStateStore, type RedisStateStore } from '@millrace/redis/open';
import {
  cassandraOptions,
  kafkaOptions,
  redisOptions,
  registryOptions,
  topicSettings,
} from './adapters/adapter-options.ts';
import type { Configuration } from './configuration/settings.ts';
import { Failure } from './failure.ts';
import { untilAnswered } from './until-answered.ts';

/** What people do to a distributed pipeline as a whole. */
export interface Operation {
  readonly plan: Plan;
  readonly configuration: Configuration;
  readonly logger: Logger;
  /** A line for the person who waits. */
  onProgress(text: string): void;
}

/**
 * Makes what is missing of a pipeline's topics, schemas and tables, and checks what is there. Any number of times.
 * @throws Failure when a server does not answer in time; what else a person has to mend.
 */
export async function provision(operation: Operation): Promise<void> {
  const { plan, configuration, logger, onProgress } = operation;
  const kafka = kafkaOptions(configuration, 'millrace-provision', logger);
  const { generation } = await answered(operation, 'Kafka', () =>
    provisionPipeline(kafka, plan, topicSettings(configuration)),
  );
  onProgress(`topics of ${plan.pipeline}: there, ${plan.lanes} lanes, generation ${generation}`);
  const registry = openRegistry(registryOptions(configuration, logger));
  const ids = await answered(operation, 'the schema registry', () => registerSchemas(registry, plan));
  onProgress(`schemas: ${ids.size} registered`);
  const results = await answered(operation, 'Cassandra', () =>
    openCassandraResults(cassandraOptions(configuration), logger),
  );
  await results.close();
  onProgress(`tables: there, in keyspace ${configuration.cassandra_keyspace}`);
}

/**
 * Gives up all that a pipeline has in its topics, positions and state, and starts a new generation. Results stay until
 * those of the new generation replace them.
 * @throws KafkaSetupError when its services still run.
 */
export async function reset(operation: Operation): Promise<void> {
  const { plan, configuration, logger, onProgress } = operation;
  const kafka = kafkaOptions(configuration, 'millrace-reset', logger);
  const store = await openState(operation);
  try {
    await resetPipeline(kafka, plan, topicSettings(configuration), {
      async forgetState(prefixes) {
        for (const prefix of prefixes) await store.removeByPrefix(prefix);
      },
      onProgress,
    });
  } finally {
    await store.close();
  }
}

/**
 * Tells lanes to compute their state anew from what the log holds: those whose state is lost or damaged, or all.
 * Services that run take it up by themselves. Answers the keys of the lanes that were told.
 */
export async function rebuild(operation: Operation, all: boolean): Promise<readonly string[]> {
  const { plan, configuration, logger } = operation;
  const kafka = kafkaOptions(configuration, 'millrace-rebuild', logger);
  const current = await answered(operation, 'Kafka', () => currentGeneration(kafka, plan));
  if (current === null) {
    throw new Failure(`pipeline ${plan.pipeline} has never run on this Kafka: there is nothing to rebuild.`);
  }
  const store = await openState(operation);
  try {
    const { generation } = current;
    return await askRebuild({ plan, generation, state: store, newToken: randomUUID }, { all });
  } finally {
    await store.close();
  }
}

function openState(operation: Operation): Promise<RedisStateStore> {
  const { configuration, logger } = operation;
  return answered(operation, 'Redis', () => openRedisStateStore(redisOptions(configuration), logger));
}

/** For as long as the configuration's patience lasts. */
async function answered<T>(
  { configuration, logger }: Operation,
  what: string,
  attempt: () => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const patience = AbortSignal.timeout(configuration.patience);
  let reason = '';
  try {
    return await untilAnswered(
      {
        clock,
        logger,
        patienceMs: configuration.patience,
        signal: patience,
        onState(state) {
          reason = state ?? reason;
        },
      },
      what,
      attempt,
    );
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw error;
    throw new Failure(`${reason}. Start it, or see whether the address is right.`);
  }
}
