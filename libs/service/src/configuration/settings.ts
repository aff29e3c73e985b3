import { SASL_MECHANISMS } from '@millrace/kafka/security';
import { LOG_FORMATS, LOG_LEVELS } from '../log.ts';
import {
  addresses,
  choice,
  type Defaulted,
  duration,
  flag,
  number,
  port,
  type Setting,
  secret,
  text,
  url,
} from './setting.ts';

const kept = (rows: string): string =>
  `How long ${rows} are kept in Cassandra after they were last written. Default: for ever.`;

/**
 * Everything that a service can be told, by its key in a file; the variable is the key in capitals after `MILLRACE_`.
 * All services take the same settings, so that one file or one set of variables does for a whole pipeline.
 */
export const SETTINGS = {
  pipeline: text({
    description: 'The pipeline document: a YAML file, or a module that exports `definePipeline`.',
    example: '/etc/millrace/pipeline.yaml',
  }),
  instance: text({
    description: 'What this process is called in status. Default: the host’s name and the process id.',
    example: 'validate-7c9f-x2x8z',
  }),

  host: text(
    {
      description:
        'The address that the HTTP endpoint listens on. 0.0.0.0: all, as containers need. Ingest’s and serve’s doors are on it too, and serve asks nobody for a password.',
      example: '0.0.0.0',
    },
    '127.0.0.1',
  ),
  port: port({
    description:
      'The port of the HTTP endpoint; 0: any free one. Default: serve 8080, ingest 8081, validate 8082, enrich 8083, aggregate 8084, route 8085.',
    example: '8080',
  }),
  drain: duration(
    {
      description:
        'How long a service may take after SIGTERM to finish what it has begun. What it leaves is done by others, or at the next start.',
      example: '20s',
    },
    20_000,
  ),
  patience: duration(
    {
      description:
        'How long a server that does not answer at the start is waited for quietly; then the log warns. The service goes on waiting, not ready.',
      example: '30s',
    },
    30_000,
  ),
  log_level: choice({ description: 'What is logged.', example: 'debug' }, LOG_LEVELS, 'info'),
  log_format: choice(
    { description: '`json`: one object per line; `pretty`: text for people.', example: 'pretty' },
    LOG_FORMATS,
    'json',
  ),

  kafka: addresses({
    description: 'Some brokers of the Kafka cluster; the others are learnt from them.',
    example: 'kafka-0:9092,kafka-1:9092',
  }),
  kafka_tls: flag({ description: 'Whether to speak TLS with the brokers.', example: 'true' }, false),
  kafka_tls_ca: text({
    description: 'A PEM file of authorities to trust for Kafka. Default: those of the system.',
    example: '/etc/tls/ca.pem',
  }),
  kafka_tls_cert: text({
    description: 'A PEM file with the client’s certificate.',
    example: '/etc/tls/tls.crt',
  }),
  kafka_tls_key: text({ description: 'A PEM file with the certificate’s key.', example: '/etc/tls/tls.key' }),
  kafka_sasl: choice(
    { description: 'How to log in to the brokers. Default: not at all.', example: 'plain' },
    SASL_MECHANISMS,
  ),
  kafka_username: text({ description: 'The name to log in with.', example: 'millrace' }),
  kafka_password: secret({ description: 'The password to log in with.', example: '' }),
  replication: number(
    {
      description:
        'Copies of each record in Kafka, for topics that are created. 3 survives the loss of a broker; where there are fewer brokers it is as many as there are, which is weaker and said in the log.',
      example: '3',
    },
    { minimum: 1, maximum: 9 },
    3,
  ),
  retention: duration(
    {
      description: 'How long Kafka keeps records, for topics that are created: how far back a replay can go.',
      example: '7d',
    },
    7 * 86_400_000,
  ),

  registry: url(
    {
      description: 'The schema registry, with the API that Confluent’s has.',
      example: 'http://registry:8081',
    },
    ['http', 'https'],
  ),
  registry_username: text({ description: 'The name to log in to the registry with.', example: 'millrace' }),
  registry_password: secret({ description: 'The password to log in to the registry with.', example: '' }),
  registry_tls_ca: text({
    description: 'A PEM file of authorities to trust for the registry. Default: those of the system.',
    example: '/etc/tls/ca.pem',
  }),

  redis: url(
    {
      description:
        'Redis, where aggregate saves its state and all services their status. `rediss`: TLS. Several, separated by commas, for a cluster or sentinels.',
      example: 'redis://redis:6379/0',
    },
    ['redis', 'rediss'],
  ),
  redis_username: text({ description: 'The name to log in to Redis with.', example: 'millrace' }),
  redis_password: secret({ description: 'The password to log in to Redis with.', example: '' }),
  redis_tls_ca: text({
    description: 'A PEM file of authorities to trust for Redis. Default: those of the system.',
    example: '/etc/tls/ca.pem',
  }),
  redis_cluster: flag({ description: 'Whether the addresses are a cluster’s.', example: 'true' }, false),
  redis_sentinel: text({
    description: 'The master’s name, where the addresses are sentinels’.',
    example: 'mymaster',
  }),
  redis_prefix: text(
    {
      description: 'What every key begins with, so that others may use the same Redis.',
      example: 'millrace',
    },
    'millrace',
  ),

  cassandra: addresses({
    description: 'Some nodes of the Cassandra cluster.',
    example: 'cassandra-0:9042,cassandra-1:9042',
  }),
  cassandra_keyspace: text(
    { description: 'The keyspace of the results; made where it is missing.', example: 'millrace' },
    'millrace',
  ),
  cassandra_datacenter: text(
    { description: 'The data centre that requests go to.', example: 'datacenter1' },
    'datacenter1',
  ),
  cassandra_replication: number(
    {
      description: 'Copies of each row, for a keyspace that is created.',
      example: '3',
    },
    { minimum: 1, maximum: 9 },
    1,
  ),
  cassandra_username: text({ description: 'The name to log in to Cassandra with.', example: 'millrace' }),
  cassandra_password: secret({ description: 'The password to log in to Cassandra with.', example: '' }),
  cassandra_tls: flag({ description: 'Whether to speak TLS with Cassandra.', example: 'true' }, false),
  cassandra_tls_ca: text({
    description: 'A PEM file of authorities to trust for Cassandra. Default: those of the system.',
    example: '/etc/tls/ca.pem',
  }),

  cassandra_consistency: choice(
    {
      description:
        'How many replicas answer before a row counts as written or read. A weaker one may lose what a node that dies had alone.',
      example: 'QUORUM',
    },
    ['LOCAL_QUORUM', 'QUORUM', 'ALL', 'LOCAL_ONE', 'ONE'] as const,
    'LOCAL_QUORUM',
  ),
  windows_retention: duration({ description: kept('windows'), example: '90d' }),
  alerts_retention: duration({ description: kept('alerts'), example: '90d' }),
  events_retention: duration({ description: kept('events'), example: '30d' }),
  deadletters_retention: duration({ description: kept('dead letters'), example: '30d' }),

  otlp_endpoint: url(
    {
      description:
        'Where traces go (OTLP over HTTP). Default: what OTEL_EXPORTER_OTLP_ENDPOINT says, or nowhere; no span is made then.',
      example: 'http://jaeger:4318',
    },
    ['http', 'https'],
  ),
  trace_rate: number(
    {
      description:
        'The share of events that are traced, beside those whose request brings a sampled `traceparent`. Default: what the document says (`trace.rate`).',
      example: '0.01',
    },
    { minimum: 0, maximum: 1, whole: false },
  ),
} as const satisfies Record<string, Setting>;

type Settings = typeof SETTINGS;
type Value<S> = S extends Defaulted<infer T> ? T : S extends Setting<infer T> ? T | null : never;

/** The values by key; null: not given, and without a default. Secrets among them: never log it. */
export type Configuration = { readonly [Key in keyof Settings]: Value<Settings[Key]> };

export type SettingName = keyof Settings;

/** The variable of the environment. */
export const variableOf = (name: string): string => `MILLRACE_${name.toUpperCase()}`;

/** Where each service listens unless it is told: all can run on one machine. */
export const DEFAULT_PORTS = {
  serve: 8080,
  ingest: 8081,
  validate: 8082,
  enrich: 8083,
  aggregate: 8084,
  route: 8085,
} as const;

export type ServiceName = keyof typeof DEFAULT_PORTS;
