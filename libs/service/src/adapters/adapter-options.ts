import { readFileSync } from 'node:fs';
import type { CassandraOptions } from '@millrace/cassandra/options';
import type { ClientOptions } from '@millrace/kafka/clients';
import type { openRegistry } from '@millrace/kafka/registry';
import type { KafkaSecurity } from '@millrace/kafka/security';
import type { TopicSettings } from '@millrace/kafka/topic-settings';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { RedisOptions } from '@millrace/redis/settings';
import type { Configuration, SettingName } from '../configuration/settings.ts';
import { variableOf } from '../configuration/settings.ts';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure.ts';

/** What the adapters take, from what people configure. All throw `Failure` where settings don't go together. */

export function kafkaOptions(configuration: Configuration, clientId: string, logger: Logger): ClientOptions {
  return {
    brokers: given(configuration, 'kafka'),
    clientId,
    logger,
    security: kafkaSecurity(configuration),
  };
}

function kafkaSecurity(configuration: Configuration): KafkaSecurity {
  const { kafka_tls, kafka_tls_ca, kafka_tls_cert, kafka_tls_key, kafka_sasl } = configuration;
  const files = {
    ...pem('ca', 'kafka_tls_ca', kafka_tls_ca),
    ...pem('cert', 'kafka_tls_cert', kafka_tls_cert),
    ...pem('key', 'kafka_tls_key', kafka_tls_key),
  };
  return {
    ...(kafka_tls && { tls: Object.keys(files).length === 0 ? true : files }),
    ...(kafka_sasl !== null && {
      sasl: {
        mechanism: kafka_sasl,
        username: given(configuration, 'kafka_username'),
        password: given(configuration, 'kafka_password'),
      },
    }),
  };
}

export function topicSettings({ replication, retention }: Configuration): TopicSettings {
  return { replication, retentionMs: retention };
}

export function registryOptions(
  configuration: Configuration,
  logger: Logger,
): Parameters<typeof openRegistry>[0] {
  const { registry_username, registry_tls_ca } = configuration;
  return {
    url: given(configuration, 'registry'),
    logger,
    ...(registry_username !== null && {
      auth: { username: registry_username, password: given(configuration, 'registry_password') },
    }),
    ...pem('ca', 'registry_tls_ca', registry_tls_ca),
  };
}

export function redisOptions(configuration: Configuration): RedisOptions {
  const { redis_username, redis_password, redis_tls_ca, redis_cluster, redis_sentinel, redis_prefix } =
    configuration;
  return {
    url: given(configuration, 'redis'),
    prefix: redis_prefix,
    cluster: redis_cluster,
    ...(redis_username !== null && { username: redis_username }),
    ...(redis_password !== null && { password: redis_password }),
    ...(redis_sentinel !== null && { sentinel: redis_sentinel }),
    ...pem('ca', 'redis_tls_ca', redis_tls_ca),
  };
}

export function cassandraOptions(configuration: Configuration): CassandraOptions {
  const { cassandra_keyspace, cassandra_datacenter, cassandra_replication } = configuration;
  const { cassandra_username, cassandra_tls, cassandra_tls_ca } = configuration;
  const ca = pem('ca', 'cassandra_tls_ca', cassandra_tls_ca);
  return {
    contactPoints: given(configuration, 'cassandra'),
    keyspace: cassandra_keyspace,
    dataCenter: cassandra_datacenter,
    replication: cassandra_replication,
    consistency: configuration.cassandra_consistency,
    retention: retentionOf(configuration),
    ...(cassandra_tls && { tls: cassandra_tls_ca === null ? true : ca }),
    ...(cassandra_username !== null && {
      credentials: { username: cassandra_username, password: given(configuration, 'cassandra_password') },
    }),
  };
}

function retentionOf(configuration: Configuration): NonNullable<CassandraOptions['retention']> {
  const { windows_retention, alerts_retention, events_retention, deadletters_retention } = configuration;
  return {
    ...(windows_retention !== null && { windowsMs: windows_retention }),
    ...(alerts_retention !== null && { alertsMs: alerts_retention }),
    ...(events_retention !== null && { eventsMs: events_retention }),
    ...(deadletters_retention !== null && { deadLettersMs: deadletters_retention }),
  };
}

/** @throws Failure when it is missing. */
function given<Name extends SettingName>(
  configuration: Configuration,
  name: Name,
): NonNullable<Configuration[Name]> {
  const value = configuration[name];
  if (value !== null) return value as NonNullable<Configuration[Name]>;
  throw new Failure(`${variableOf(name)} is missing.`, EXIT.usage);
}

function pem<Key extends string>(
  key: Key,
  setting: SettingName,
  path: string | null,
): { readonly [K in Key]?: string } {
  if (path === null) return {};
  try {
    return { [key]: readFileSync(path, 'utf8') } as { readonly [K in Key]?: string };
  } catch (error) {
    throw new Failure(
      `${variableOf(setting)} names ${path}, which can't be read: ${(error as Error).message}`,
      EXIT.usage,
    );
  }
}
