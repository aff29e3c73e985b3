import { jsonData } from '@millrace/lanes/event-json';
import { createFlow, type Flow, NO_TIME } from '@millrace/lanes/flow';
import type { LaneCodec } from '@millrace/lanes/lane-codec';
import type { EventLog, LogRecord } from '@millrace/lanes/ports/log';
import type { ResultRow, ResultStore, TimeQuery } from '@millrace/lanes/ports/results';
import type { Plan } from '@millrace/pipeline/plan';
import { alertJson, deadLetterJson, payloadJson, windowJson } from './rows.ts';

export interface TailOptions {
  readonly from: 'start' | 'end';
  readonly limit: number;
  /** Those that only tell the time, too. */
  readonly ticks: boolean;
  readonly signal: AbortSignal;
}

export interface TopicSource {
  readonly plan: Plan;
  readonly log: EventLog;
  readonly results: ResultStore;
  /**
   * Topics that the document does not name may be read as well, as former versions of it wrote them. Not on Kafka, whose
   * client fails for all topics once it was asked for one that is not there.
   */
  readonly others?: boolean;
  /** Decodes all fields of an event. */
  readonly codec: LaneCodec;
}

const READ_RECORDS = 500;
const PAGE_ROWS = 500;
const POLL_MS = 250;

/**
 * The records of a topic as JSON data. A short name is one of the pipeline's own; where windows, alerts and dead
 * letters have no topic, since the stages are fused, they come from the results.
 * `start`: what is there now, lane by lane. `end`: what comes, until the signal.
 */
export async function* readTopic(
  source: TopicSource,
  name: string,
  { from, limit, ticks, signal }: TailOptions,
): AsyncGenerator<unknown> {
  const topic = await topicNamed(source, name);
  let left = limit;
  const records =
    topic === null ? readResults(source, name, from, signal) : readLog(source, topic, from, signal);
  for await (const record of records) {
    if (!ticks && TIME_KINDS.has(String((record as { readonly kind?: unknown }).kind))) continue;
    if (left-- <= 0) return;
    yield record;
  }
}

/** What to say of a topic that is neither the pipeline's own, nor named by a route, nor there; null: it is one. */
export async function unknownTopic(
  { plan, log, others = false }: TopicSource,
  name: string,
): Promise<string | null> {
  const own = plan.topology.topics.map((topic) => topic.name.slice(plan.pipeline.length + 1));
  const routed = plan.routes
    .flatMap(({ to }) => to)
    .flatMap(({ kind, config }) => (kind === 'topic' ? [routedTopic(config)] : []));
  if ([...own, ...own.map((short) => `${plan.pipeline}.${short}`), ...routed].includes(name)) return null;
  if (others) {
    const bounds = await Promise.all(lanesOf(plan).map((lane) => log.bounds(name, lane)));
    if (bounds.some(({ end }) => end > 0)) return null;
  }
  return `there is no topic ${name}; there are ${[...own, ...routed].join(', ')}.`;
}

/** Serve has no catalogue of sinks, so that what is written short comes as it was written. */
function routedTopic(config: unknown): string {
  return typeof config === 'string' ? config : String((config as { readonly name?: unknown }).name);
}

/** Records that only tell the time. */
const TIME_KINDS: ReadonlySet<string> = new Set(['tick', 'opened', 'mark']);
const RESULTS: ReadonlySet<string> = new Set(['windows', 'alerts', 'deadletters']);

/** Null: it is among the results. */
async function topicNamed({ plan, log }: TopicSource, name: string): Promise<string | null> {
  const short = name.startsWith(`${plan.pipeline}.`) ? name.slice(plan.pipeline.length + 1) : name;
  const own = plan.topology.topics.some((topic) => topic.name === `${plan.pipeline}.${short}`);
  if (!own) return name;
  const topic = `${plan.pipeline}.${short}`;
  if (!RESULTS.has(short)) return topic;
  const bounds = await Promise.all(lanesOf(plan).map((lane) => log.bounds(topic, lane)));
  return bounds.some(({ end }) => end > 0) ? topic : null;
}

const lanesOf = ({ lanes }: Plan): number[] => Array.from({ length: lanes }, (_, lane) => lane);

async function* readLog(
  source: TopicSource,
  topic: string,
  from: 'start' | 'end',
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const { plan, log } = source;
  const lanes = lanesOf(plan);
  const next = await Promise.all(lanes.map(async (lane) => (await log.bounds(topic, lane))[from]));
  for (;;) {
    let found = 0;
    for (const lane of lanes) {
      for (;;) {
        const { base, records } = await log.read(topic, lane, next[lane]!, READ_RECORDS);
        for (const [i, record] of records.entries()) {
          if (signal.aborted) return;
          yield { lane, offset: base + i, ...recordJson(source, topic, record, base + i) };
        }
        found += records.length;
        next[lane] = base + records.length;
        if (records.length < READ_RECORDS) break;
      }
    }
    if (from === 'start' || signal.aborted) return;
    if (found === 0) await pause(signal);
  }
}

/** By short name, oldest first; those to come are asked for again and again. */
async function* readResults(
  source: TopicSource,
  name: string,
  from: 'start' | 'end',
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const known = new Set<string>();
  for (let round = 0; !signal.aborted; round++) {
    const rows = (await allRows(source, name)).filter((row) => !known.has(identity(row)));
    for (const row of rows) {
      known.add(identity(row));
      if (round === 0 && from === 'end') continue;
      yield rowJson(row);
    }
    if (from === 'start') return;
    await pause(signal);
  }
}

async function allRows({ plan, results }: TopicSource, name: string): Promise<ResultRow[]> {
  const short = name.split('.').at(-1)!;
  const rows: ResultRow[] = [];
  const collect = async (
    page: (
      query: TimeQuery,
    ) => Promise<{ readonly rows: readonly ResultRow[]; readonly next: string | null }>,
  ) => {
    let after: string | null = null;
    do {
      const query: TimeQuery = {
        pipeline: plan.pipeline,
        limit: PAGE_ROWS,
        ...(after !== null && { after }),
      };
      const { rows: found, next } = await page(query);
      rows.push(...found);
      after = next;
    } while (after !== null);
  };
  if (short === 'windows') {
    for (const { name: window } of plan.windows) {
      await collect((query) => results.windows({ ...query, name: window }));
    }
    return rows;
  }
  await collect((query) => (short === 'alerts' ? results.alerts(query) : results.deadLetters(query)));
  return rows.reverse();
}

function identity(row: ResultRow): string {
  if (row.table === 'windows') return `${row.name}/${row.start}/${row.revision}/${row.group}`;
  return row.id;
}

function rowJson(row: ResultRow): unknown {
  switch (row.table) {
    case 'windows':
      return windowJson(row);
    case 'alerts':
      return alertJson(row);
    case 'deadletters':
      return { ...deadLetterJson(row), payload: payloadJson(row.payload) };
    case 'events':
      return jsonData(row.event);
  }
}

function recordJson({ plan, codec }: TopicSource, topic: string, record: LogRecord, offset: number): object {
  const short = topic.startsWith(`${plan.pipeline}.`) ? topic.slice(plan.pipeline.length + 1) : '';
  switch (short) {
    case 'raw':
    case 'validated':
    case 'enriched':
    case 'aggregated': {
      const decoded = codec.decodeFlow(short, record, offset);
      if (decoded.kind !== 'value') return { unreadable: decoded.kind };
      return flowJson(decoded.value);
    }
    case 'windows':
    case 'alerts':
    case 'partials': {
      const decoded = codec.decodeMade(short, record);
      return decoded.kind === 'value' ? { ...decoded.value } : { unreadable: decoded.kind };
    }
    default: {
      const key = record.key === undefined ? null : payloadJson(record.key).text;
      return { key, headers: record.headers ?? {}, time: record.timestampMs, value: valueJson(record.value) };
    }
  }
}

/** Only what the record says: fields that its kind doesn't use are left out. */
function flowJson(flow: Flow): object {
  const { kind, seq, payload, bytes, event, eventTime, ...rest } = flow;
  const said = Object.entries(rest).filter(([name, value]) => value !== UNUSED[name as keyof typeof UNUSED]);
  return {
    kind,
    seq,
    ...(eventTime !== NO_TIME && { eventTime }),
    ...Object.fromEntries(said.filter(([name]) => name !== 'flags' || flow.flags.length > 0)),
    ...(event !== null && { event: jsonData(event) }),
    ...(payload !== null && { payload: payloadJson(payload).text ?? payloadJson(payload) }),
  };
}

const UNUSED = createFlow('event');

function valueJson(value: Uint8Array): unknown {
  const { text, base64 } = payloadJson(value);
  if (text === null) return { base64 };
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, POLL_MS);
    signal.addEventListener('abort', end, { once: true });
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
