import { LANE_SEQ_SPAN } from '@millrace/lanes/bounds';
import { createResultFeed, type ResultChange, type ResultPublisher } from '@millrace/lanes/feed';
import type { LaneCodec } from '@millrace/lanes/lane-codec';
import type { Consumer, EventLog, LogBatch, LogRecord } from '@millrace/lanes/ports/log';
import type { DeadLetterRow, ResultRow } from '@millrace/lanes/ports/results';
import { traceIdOf, traceOf } from '@millrace/lanes/trace-context';
import { waitFor } from './adapters/backbone.ts';
import type { ServiceContext } from './service-context.ts';

/** Where results pass on their way to where they are stored. */
const TOPICS = ['windows', 'alerts', 'deadletters'] as const;
type Topic = (typeof TOPICS)[number];
/** Records of a lane that are looked through for those that came while a reader was connecting. */
const LOOK_BACK_RECORDS = 500;
const LOOK_BACK_MS = 5_000;
/** A page that is loaded anew finds the feed still there. */
const LINGER_MS = 30_000;

const decoder = new TextDecoder();

export interface LiveFeedParts {
  readonly log: EventLog;
  readonly codec: LaneCodec;
  readonly generation: number;
}

export interface LiveFeed extends ResultPublisher {
  close(): Promise<void>;
}

/**
 * Results as they pass on the log, while somebody looks: read by a group of its own that keeps no positions. A row may
 * be shown some milliseconds before it is stored.
 */
export function createLiveFeed(context: ServiceContext, parts: LiveFeedParts): LiveFeed {
  const { logger, clock } = context;
  const feed = createResultFeed();
  let readers = 0;
  let since = 0;
  let consumers: Promise<readonly Consumer[]> | null = null;
  let lingering: NodeJS.Timeout | undefined;

  async function open(): Promise<readonly Consumer[]> {
    const opened: Consumer[] = [];
    for (const topic of TOPICS) {
      opened.push(
        await waitFor(context, 'Kafka', () => follow(context, parts, topic, () => since, feed.publish)),
      );
    }
    return opened;
  }

  function start(): void {
    clearTimeout(lingering);
    if (consumers !== null) return;
    since = clock.now() - LOOK_BACK_MS;
    consumers = open();
    consumers.catch((error: unknown) => {
      logger.warn({ err: error }, 'live results can’t be followed; the next reader tries again');
      consumers = null;
    });
  }

  async function stop(): Promise<void> {
    clearTimeout(lingering);
    const following = consumers;
    consumers = null;
    const opened = await following?.catch(() => []);
    await Promise.all((opened ?? []).map((consumer) => consumer.close()));
  }

  function leave(): void {
    stop().catch((err: unknown) =>
      logger.warn({ err }, 'a group that follows live results could not be left; the brokers end it'),
    );
  }

  return {
    publish: feed.publish,
    subscribe(listener) {
      const end = feed.subscribe(listener);
      readers++;
      start();
      return () => {
        end();
        readers--;
        if (readers > 0) return;
        lingering = setTimeout(leave, LINGER_MS);
        lingering.unref();
      };
    },
    close: stop,
  };
}

function follow(
  { plan, instance }: ServiceContext,
  { log, codec, generation }: LiveFeedParts,
  topic: Topic,
  since: () => number,
  publish: (change: ResultChange) => void,
): Promise<Consumer> {
  const name = `${plan.pipeline}.${topic}`;

  async function rowOf(record: LogRecord, offset: number): Promise<ResultRow | null> {
    const position = generation * LANE_SEQ_SPAN + offset;
    if (topic === 'deadletters') return deadLetterOf(plan.pipeline, record, position);
    let decoded = codec.decodeMade(topic, record);
    if (decoded.kind === 'unknown_schema' && (await codec.learn(decoded.id).catch(() => false))) {
      decoded = codec.decodeMade(topic, record);
    }
    if (decoded.kind !== 'value') return null;
    const { content } = decoded.value;
    const row = { pipeline: plan.pipeline, version: { position, revision: 0 } };
    switch (content.kind) {
      case 'window': {
        const { revision } = content.result;
        return { ...row, table: 'windows', ...content.result, version: { position, revision } };
      }
      case 'alert':
        return { ...row, table: 'alerts', ...content.alert };
      default:
        return null;
    }
  }

  async function show({ base, records }: LogBatch): Promise<void> {
    const rows: ResultRow[] = [];
    for (const [i, record] of records.entries()) {
      if (record.timestampMs < since()) continue;
      const row = await rowOf(record, base + i);
      if (row !== null) rows.push(row);
    }
    if (rows.length > 0) publish({ rows, removed: [] });
  }

  return log.consume({
    // One for each topic: kafkajs deals a group's lanes out as if all its members read the same.
    group: `${name}.serve.${instance}`,
    topic: name,
    async takeOver(lane) {
      const { start, end } = await log.bounds(name, lane);
      return { from: Math.max(start, end - LOOK_BACK_RECORDS), batch: show, released: () => {} };
    },
    onStopped() {},
  });
}

/** What the headers say; null: somebody else's record. */
function deadLetterOf(pipeline: string, record: LogRecord, position: number): DeadLetterRow | null {
  const { headers = {}, key, value, timestampMs } = record;
  const id = headers['millrace.id'];
  if (id === undefined) return null;
  const of = (name: string): string => headers[name] ?? '';
  return {
    table: 'deadletters',
    pipeline,
    version: { position, revision: 0 },
    id,
    eventId: of('millrace.event_id'),
    key: key === undefined ? '' : decoder.decode(key),
    stage: of('__connect.errors.stage'),
    attempt: Number(of('millrace.attempt')),
    code: of('__connect.errors.exception.class.name'),
    message: of('__connect.errors.exception.message'),
    time: timestampMs,
    source: of('millrace.source'),
    contentType: of('millrace.content_type'),
    traceId: traceIdOf(traceOf(headers)),
    payload: value,
  };
}
