import { APPEND_BYTES_MAX, GROUP_BYTES_MAX } from '../bounds.ts';
import type { Outbox } from '../outbox.ts';
import type { LogRecord } from '../ports/log.ts';
import type { DeadLetterRow } from '../ports/results.ts';
import { type TraceContext, traceHeaders } from '../trace-context.ts';

const encoder = new TextEncoder();

/** Where the record was read that is a dead letter now, and its span where it is sampled. */
export interface Found {
  readonly topic: string;
  readonly lane: number;
  readonly offset: number;
  readonly trace: TraceContext | null;
  /** A record that somebody else wrote; null: the dead letter of an event or of something made. */
  readonly original: LogRecord | null;
  readonly nowMs: number;
}

/**
 * What somebody else wrote may be as large as the log takes, and with our headers larger: its lane must not stop at
 * that. The row has all of it.
 */
const DEAD_LETTER_BYTES_MAX = APPEND_BYTES_MAX - 100_000;
/** Of the headers that a foreign record came with; beyond that none is kept. */
const ORIGINAL_HEADERS_BYTES_MAX = 16_384;

/**
 * Puts a dead letter on `PIPELINE.deadletters`: the payload as it was, and all the headers of Kafka Connect's error
 * reporting (KIP-298, `DeadLetterQueueReporter`), as texts like there, so that others' tools understand it.
 */
export function sendDeadLetter(outbox: Outbox, row: DeadLetterRow, found: Found): void {
  const { topic, lane, offset, trace, original, nowMs } = found;
  const value = row.payload.subarray(0, DEAD_LETTER_BYTES_MAX);
  const record: LogRecord = {
    // An empty key is one that hashes; a foreign record may have had none.
    ...(original === null ? { key: encoder.encode(row.key) } : keptKey(original)),
    value,
    // Not the row's time, which may be event time: brokers refuse the future, and let go of the past at once.
    timestampMs: nowMs,
    headers: {
      ...keptHeaders(original),
      '__connect.errors.topic': topic,
      '__connect.errors.partition': String(lane),
      '__connect.errors.offset': String(offset),
      '__connect.errors.connector.name': row.pipeline,
      '__connect.errors.task.id': String(lane),
      '__connect.errors.stage': row.stage,
      '__connect.errors.class.name': `millrace.${row.stage}`,
      '__connect.errors.exception.class.name': row.code,
      '__connect.errors.exception.message': row.message,
      '__connect.errors.exception.stacktrace': `${row.code}: ${row.message}\n\tat ${row.stage}(${topic}-${lane}@${offset})\n`,
      'millrace.id': row.id,
      'millrace.event_id': row.eventId,
      'millrace.attempt': String(row.attempt),
      'millrace.content_type': row.contentType,
      'millrace.source': row.source,
      ...(value.length < row.payload.length && { 'millrace.cut_from_bytes': String(row.payload.length) }),
      ...(trace !== null && traceHeaders(trace)),
    },
  };
  outbox.add(`${row.pipeline}.deadletters`, lane, record);
}

function keptKey({ key }: LogRecord): Pick<LogRecord, 'key'> {
  return key === undefined ? {} : { key: key.subarray(0, GROUP_BYTES_MAX) };
}

function keptHeaders(original: LogRecord | null): LogRecord['headers'] {
  const headers = original?.headers ?? {};
  const bytes = Object.entries(headers)
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return bytes > ORIGINAL_HEADERS_BYTES_MAX ? {} : headers;
}
