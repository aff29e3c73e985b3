import { beginTrace } from '@millrace/lanes/begin-trace';
import { createFlow, type Flow, NO_TIME, reject } from '@millrace/lanes/flow';
import {
  TopicError,
  type TopicRecord,
  type TopicsOfOthers,
  type TopicsPlace,
} from '@millrace/lanes/ports/topics';
import type { SourcePartStatus } from '@millrace/lanes/status';
import { createIntake, type Refusal } from '../intake.ts';
import { openedFlow, ownId } from '../part.ts';
import type { Source, SourceContext, SourceKind } from '../source.ts';
import { avroTopicFormat, jsonTopicFormat, TOPIC_FORMATS, type TopicFormat } from '../topic-formats.ts';
import { createTopicPart, type TopicPart, takeOverPosition } from '../topic-part.ts';
import { createTopicRun } from '../topic-run.ts';

const NOTHING = new Uint8Array(0);
const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'];

/** Events from topics that others write: each record's value is an event. */
export const kafka: SourceKind = {
  name: 'kafka',
  summary: 'Events from Kafka topics that others write: JSON, or Avro by a schema registry.',
  settings: {
    type: 'object',
    additionalProperties: false,
    required: ['topic'],
    properties: {
      topic: {
        anyOf: [
          { type: 'string', pattern: '^[a-zA-Z0-9._-]{1,249}$' },
          {
            type: 'array',
            items: { type: 'string', pattern: '^[a-zA-Z0-9._-]{1,249}$' },
            minItems: 1,
            uniqueItems: true,
          },
        ],
        description: 'The topic, or several.',
        examples: ['legacy.payments', ['orders.eu', 'orders.us']],
      },
      format: {
        enum: TOPIC_FORMATS,
        description:
          'What a record’s value is: one JSON value, or Avro in Confluent’s wire format. Default: json.',
        examples: ['avro'],
      },
      from: {
        enum: ['earliest', 'latest'],
        description:
          'Where reading begins at the very first start. Default: earliest, all that the topic still has.',
        examples: ['latest'],
      },
      group: {
        type: 'string',
        minLength: 1,
        maxLength: 249,
        description: 'The consumer group that shares the partitions. Default: PIPELINE.ingest.SOURCE.',
        examples: ['payments-intake'],
      },
      brokers: {
        type: 'array',
        items: { type: 'string', pattern: '^[^\\s:]+:[0-9]+$' },
        minItems: 1,
        description: 'host:port of some brokers. Default: those that the pipeline itself runs on.',
        examples: [['kafka-1:9092', 'kafka-2:9092']],
      },
      tls: {
        type: 'boolean',
        description: 'With `brokers`: whether they speak TLS. Default: false.',
        examples: [true],
      },
      ca: {
        type: 'string',
        format: 'secret',
        description:
          'With `brokers`: PEM of the authority that signed their certificates. Default: those that Node trusts.',
        examples: ['secret:kafka_ca'],
      },
      sasl: {
        type: 'object',
        additionalProperties: false,
        required: ['mechanism', 'username', 'password'],
        description: 'With `brokers`: how this program says who it is. Default: it does not.',
        properties: {
          mechanism: {
            enum: SASL_MECHANISMS,
            description: 'As the brokers want it.',
            examples: ['scram-sha-512'],
          },
          username: {
            type: 'string',
            format: 'secret',
            minLength: 1,
            description: 'The user.',
            examples: ['millrace'],
          },
          password: {
            type: 'string',
            format: 'secret',
            minLength: 1,
            description: 'Its password.',
            examples: ['secret:kafka_password'],
          },
        },
      },
      registry: {
        type: 'string',
        format: 'secret',
        description: 'With `format: avro`: the schema registry’s URL. Default: the pipeline’s own.',
        examples: ['http://registry:8081'],
      },
    },
  },
  shorthand: 'topic',
  finite: () => false,
  check(config) {
    const { brokers, tls, ca, sasl } = config as unknown as Config;
    if (brokers !== undefined || (tls === undefined && ca === undefined && sasl === undefined)) return null;
    return 'tls, ca and sasl are for brokers of the source’s own: name them under brokers';
  },
  open: openTopics,
};

interface Config {
  readonly topic: string | readonly string[];
  readonly format?: (typeof TOPIC_FORMATS)[number];
  readonly from?: 'earliest' | 'latest';
  readonly group?: string;
  readonly brokers?: readonly string[];
  readonly tls?: boolean;
  readonly ca?: string;
  readonly sasl?: { readonly mechanism: string; readonly username: string; readonly password: string };
  readonly registry?: string;
}

async function openTopics(context: SourceContext): Promise<Source> {
  const { source, plan } = context;
  const config = source.config as unknown as Config;
  const names = typeof config.topic === 'string' ? [config.topic] : config.topic;
  if (context.topics === undefined) throw new Error(`source ${source.name}: no Kafka is configured`);
  const topics = await context.topics(placeOf(config, context.secret));
  const format = formatOf(config, topics, source.name);
  const parts: TopicPart[] = [];
  for (const topic of names) {
    const count = await topics.partitions(topic);
    for (let number = 0; number < count; number++) parts.push(createTopicPart(source.name, topic, number));
  }
  const run = createTopicRun({
    context,
    prepare: (records) => format.prepare(records.flatMap(({ value }) => value ?? [])),
    take: createTake(context, format),
  });
  return {
    name: source.name,
    kind: kafka.name,
    finite: false,
    get parts() {
      return parts.map(({ part }) => part);
    },
    receiver: null,
    get events() {
      return run.events();
    },
    async run() {
      const failed = Promise.withResolvers<never>();
      failed.promise.catch(() => {});
      const reading = await topics.read({
        group: config.group ?? `${plan.pipeline}.ingest.${source.name}`,
        topics: names,
        takeOver: (topic, partition, bounds, committed) =>
          takeOver(topic, partition, { bounds, committed, latest: config.from === 'latest' }),
        onFailed: failed.reject,
      });
      try {
        await Promise.race([run.run(), failed.promise]);
      } finally {
        run.stop();
        await reading.close();
        await topics.close();
      }
    },
    stop: run.stop,
    status: () => [...run.feeds].map(({ from, position }) => statusOf(from, position.saved())),
  };

  async function takeOver(topic: string, partition: number, start: Parameters<typeof takeOverPosition>[2]) {
    const from =
      parts.find((part) => part.topic === topic && part.partition === partition) ??
      (await grown(topic, partition));
    const position = await takeOverPosition(from, context, start);
    return run.reader(from, position, start.bounds.end);
  }

  /** A partition that the topic has got since the start: opened in every lane before its first event, as the others. */
  async function grown(topic: string, partition: number): Promise<TopicPart> {
    const from = createTopicPart(source.name, topic, partition);
    parts.push(from);
    await context.appender.broadcast(openedFlow(from.part, parts.length, context.clock.now()));
    context.logger.info({ source: source.name, topic, partition }, 'the topic has grown by a partition');
    return from;
  }
}

function placeOf(
  { brokers, tls, ca, sasl, registry }: Config,
  secret: (text: string) => string,
): TopicsPlace {
  return {
    ...(brokers && { brokers }),
    ...(ca === undefined ? { tls: tls ?? false } : { tls: { ca: secret(ca) } }),
    ...(sasl && {
      sasl: { mechanism: sasl.mechanism, username: secret(sasl.username), password: secret(sasl.password) },
    }),
    ...(registry !== undefined && { registry: secret(registry) }),
  };
}

function formatOf({ format = 'json' }: Config, { schemas }: TopicsOfOthers, source: string): TopicFormat {
  if (format === 'json') return jsonTopicFormat();
  if (schemas !== null) return avroTopicFormat(schemas);
  throw new TopicError(`source ${source}: format avro needs a schema registry; name its URL under registry`);
}

/** Records to raw. One that can't be read is no error here: it goes on as a rejected record. */
function createTake(context: SourceContext, format: TopicFormat) {
  const { plan, source, bounds, tracer } = context;
  let fallbackId = '';
  const intake = createIntake({
    plan,
    source,
    whole: false,
    nameBytesMax: bounds.nameBytesMax,
    ownId: () => ({ id: fallbackId, checked: false }),
  });

  return (from: TopicPart, records: readonly TopicRecord[], now: number): Flow[] => {
    const { part } = from;
    const flows = records.map((record) => {
      const flow = createFlow('event');
      flow.part = part.number;
      flow.position = record.offset;
      flow.ingestTime = now;
      flow.source = source.name;
      flow.trace = beginTrace(tracer, record.headers?.traceparent, record.headers?.tracestate);
      fallbackId = ownId(part, record.offset);
      const refusal = takeRecord(flow, record);
      if (refusal !== null) refuse(flow, refusal, from);
      // As validate does: a time that far ahead is refused there.
      else if (flow.eventTime > part.time && flow.eventTime <= now + plan.time.maxAheadMs)
        part.time = flow.eventTime;
      return flow;
    });
    part.position = records.at(-1)!.offset;
    return flows;
  };

  function takeRecord(flow: Flow, { value }: TopicRecord): Refusal | null {
    flow.contentType = 'application/octet-stream';
    flow.payload = value ?? NOTHING;
    if (value === null) return { code: 'malformed_json', message: 'the record has no value (a tombstone)' };
    if (value.length > bounds.eventBytesMax) {
      flow.payload = value.subarray(0, bounds.brokenBytesMax);
      return {
        code: 'too_large',
        message: `${value.length} bytes, of which the first ${bounds.brokenBytesMax} are kept; an event may have ${bounds.eventBytesMax}`,
      };
    }
    const parsed = format.parse(value);
    if ('code' in parsed) return parsed;
    flow.contentType = parsed.contentType;
    flow.payload = parsed.payload;
    return intake.take(flow, parsed.record, false);
  }

  function refuse(flow: Flow, { code, message }: Refusal, { topic, partition, part }: TopicPart): void {
    flow.id = ownId(part, flow.position);
    flow.key = flow.id;
    flow.digest = 0;
    reject(
      flow,
      'ingest',
      code,
      `topic ${topic}, partition ${partition}, offset ${flow.position}: ${message}`,
    );
  }
}

function statusOf({ part }: TopicPart, saved: number): SourcePartStatus {
  return {
    name: part.name,
    state: 'active',
    position: saved - 1,
    progress: null,
    eventTime: part.time === NO_TIME ? null : part.time,
  };
}
