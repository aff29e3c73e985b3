import type { LogBatch, LogRecord } from '@millrace/lanes/ports/log';
import type { Batch, KafkaMessage, Message } from 'kafkajs';

/**
 * Records for the wire, one after another. The partition is always given: kafkajs asks its partitioner again on every
 * retry.
 */
export function createToMessage(): (record: LogRecord, partition: number) => Message {
  let lastMs = Number.NaN;
  let timestamp = '';
  return ({ value, key, headers, timestampMs }, partition) => {
    // Neighbours mostly have the same time, and kafkajs sorts the texts.
    if (timestampMs !== lastMs) {
      lastMs = timestampMs;
      timestamp = String(timestampMs);
    }
    const message: Message = { partition, value: asBuffer(value), timestamp };
    if (key !== undefined) message.key = asBuffer(key);
    if (headers !== undefined) message.headers = { ...headers };
    return message;
  };
}

export function fromMessage({ value, key, headers, timestamp }: KafkaMessage): LogRecord {
  return {
    // Null only from somebody else's writer: a foreign record, like any other bytes that mean nothing.
    value: value ?? new Uint8Array(0),
    timestampMs: Number(timestamp),
    ...(key === null ? {} : { key }),
    ...(headers === undefined || Object.keys(headers).length === 0 ? {} : { headers: textsOf(headers) }),
  };
}

/** What was fetched up to the first offset that holds no record: a marker of somebody's transaction. */
export function fromBatch({ messages, highWatermark }: Batch): LogBatch {
  const base = Number(messages[0]!.offset);
  const hole = messages.findIndex(({ offset }, i) => Number(offset) !== base + i);
  const whole = hole < 0 ? messages : messages.slice(0, hole);
  return { base, records: whole.map(fromMessage), end: Number(highWatermark) };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function textsOf(headers: NonNullable<KafkaMessage['headers']>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      String(Array.isArray(value) ? value.at(-1) : value),
    ]),
  );
}
