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
}

/**
 * Puts a dead letter on `PIPELINE.deadletters`: the payload as it was, and the headers that Kafka Connect's error
 * reporting uses (KIP-298), so that others' tools understand it.
 */
export function sendDeadLetter(
  outbox: Outbox,
  row: DeadLetterRow,
  { topic, lane, offset, trace }: Found,
): void {
  const record: LogRecord = {
    key: encoder.encode(row.key),
    value: row.payload,
    timestampMs: row.time,
    headers: {
      '__connect.errors.topic': topic,
      '__connect.errors.partition': String(lane),
      '__connect.errors.offset': String(offset),
      '__connect.errors.connector.name': row.pipeline,
      '__connect.errors.stage': row.stage,
      '__connect.errors.exception.class.name': row.code,
      '__connect.errors.exception.message': row.message,
      'millrace.id': row.id,
      'millrace.event_id': row.eventId,
      'millrace.attempt': String(row.attempt),
      'millrace.content_type': row.contentType,
      'millrace.source': row.source,
      ...(trace !== null && traceHeaders(trace)),
    },
  };
  outbox.add(`${row.pipeline}.deadletters`, lane, record);
}
