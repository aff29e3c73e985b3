import { EVENT_JSON, writeEventJson } from './event-json.ts';
import type { Flow } from './flow.ts';
import type { LateMerge } from './made.ts';
import type { DeadLetterRow } from './ports/results.ts';
import { withRow } from './row-parameter.ts';
import type { Delivery, Refusal } from './stage.ts';
import { traceIdOf } from './trace-context.ts';

/** Content type of what a sink was given, for its dead letter and the replay of it. */
export const DELIVERY_JSON = 'application/json; millrace=delivery';
/** Prefix of the stage name of a sink's dead letters. */
export const SINK_STAGE = 'sink:';
/** Seconds that were taken for milliseconds lie before this. */
const EARLY_MS = Date.UTC(1980, 0, 1);
/** Stages whose dead letters hold the original bytes. */
const HOLDS_ORIGINAL: ReadonlySet<string> = new Set(['ingest', 'validate']);
const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * What a dead letter of the record holds: the original bytes where ingest or validate refused it, the event from
 * enrich on. An unfused stage that refuses a record must have set `event` to all fields before.
 */
export function refusedPayload(record: Flow): { readonly contentType: string; readonly payload: Uint8Array } {
  if (record.event !== null) return { contentType: EVENT_JSON, payload: writeEventJson(record) };
  return { contentType: record.contentType, payload: record.payload ?? NOTHING };
}

/** The row of a `rejected` record. */
export function rejectedDeadLetter(pipeline: string, record: Flow, seq: number): DeadLetterRow {
  const { stage, code, message, attempt } = record;
  const plain = `${record.id}/${stage}/${attempt}`;
  // Several records with the same id may conflict: each is a row of its own.
  const id = code === 'id_conflict' ? `${plain}/${record.digest.toString(16)}` : plain;
  const row = flowDeadLetter(pipeline, record, seq, { id, stage, code, message });
  // A replay's position is that of what it replays; its content type has the row already.
  if (attempt > 0 || !HOLDS_ORIGINAL.has(stage)) return row;
  return { ...row, contentType: withRow(row.contentType, record.position) };
}

/** The row of an event that came too late for all of its windows. */
export function lateDeadLetter(pipeline: string, record: Flow, seq: number): DeadLetterRow {
  return flowDeadLetter(pipeline, record, seq, {
    id: `${record.id}/aggregate/${record.attempt}`,
    stage: 'aggregate',
    code: 'late',
    message:
      `every window of the event time ${new Date(record.eventTime).toISOString()} had closed and passed its lateness. ` +
      (record.eventTime < EARLY_MS ? 'Does `event.time` give seconds for milliseconds? If not: ' : '') +
      'Replay it to correct them while they are kept, or raise `lateness` or `time.out_of_order`.',
  });
}

function flowDeadLetter(
  pipeline: string,
  record: Flow,
  seq: number,
  verdict: Pick<DeadLetterRow, 'id' | 'stage' | 'code' | 'message'>,
): DeadLetterRow {
  return {
    table: 'deadletters',
    pipeline,
    version: { position: seq, revision: 0 },
    ...verdict,
    eventId: record.id,
    key: record.key,
    attempt: record.attempt,
    time: record.ingestTime,
    source: record.source,
    traceId: traceIdOf(record.trace),
    ...refusedPayload(record),
  };
}

/**
 * The row of counts that reached the merge too late. A lane's later counts for the same window hold the earlier
 * ones, so they replace them.
 */
export function lateMergeDeadLetter(pipeline: string, late: LateMerge, seq: number): DeadLetterRow {
  const eventId = `${late.window}:${late.group}:${late.start}:${late.lane}`;
  return {
    table: 'deadletters',
    pipeline,
    version: { position: seq, revision: 0 },
    id: `${eventId}/merge/0`,
    eventId,
    key: late.group,
    stage: 'merge',
    attempt: 0,
    code: 'late_merge',
    message:
      `lane ${late.lane} counted events for window ${late.window} of ${new Date(late.start).toISOString()} ` +
      'after the window was forgotten. Raise `time.keep` if lanes may lag this far behind one another.',
    time: late.start,
    source: '',
    traceId: '',
    contentType: 'application/json',
    payload: encoder.encode(JSON.stringify(late)),
  };
}

/** The row of a value that a sink refused, or that could not be decided for it. */
export function sinkDeadLetter(
  pipeline: string,
  sink: string,
  delivery: Delivery,
  refusal: Pick<Refusal, 'code' | 'message'>,
): DeadLetterRow {
  // Without seq and trace: the same log, read again under another generation, gives the same bytes.
  const { from, id, key, time, value } = delivery;
  const given = { from, id, key, time, value };
  return {
    table: 'deadletters',
    pipeline,
    version: { position: delivery.seq, revision: 0 },
    id: `${delivery.id}/${SINK_STAGE}${sink}/${delivery.attempt}`,
    eventId: delivery.id,
    key: delivery.key,
    stage: `${SINK_STAGE}${sink}`,
    attempt: delivery.attempt,
    code: refusal.code,
    message: refusal.message,
    time: delivery.time,
    source: '',
    traceId: traceIdOf(delivery.trace),
    contentType: DELIVERY_JSON,
    payload: encoder.encode(JSON.stringify(given)),
  };
}

/** The value that a replay brings back to a sink. Throws when the payload was not written by `sinkDeadLetter`. */
export function readDelivery(record: Flow, seq: number): Delivery {
  if (record.contentType !== DELIVERY_JSON || record.payload === null) {
    throw new Error(
      `a replay for ${record.stage} must carry ${DELIVERY_JSON}, not "${record.contentType}" (${record.id})`,
    );
  }
  const delivery = JSON.parse(decoder.decode(record.payload)) as Pick<
    Delivery,
    'from' | 'id' | 'key' | 'time' | 'value'
  >;
  return { ...delivery, attempt: record.attempt, seq, trace: record.trace };
}
