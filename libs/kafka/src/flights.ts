import { APPEND_BYTES_MAX, APPEND_RECORDS_MAX } from '@millrace/lanes/bounds';
import { recordBytes } from '@millrace/lanes/outbox';
import { AppendError, type LogRecord } from '@millrace/lanes/ports/log';
import type { Producer, RecordMetadata, TopicMessages } from 'kafkajs';
import { acknowledgedAt } from './acknowledged.ts';
import { APPEND_TIMEOUT_MS, PACE_MS } from './client-settings.ts';
import { laneMessages } from './lane-messages.ts';

/** kafkajs: all replicas that are in sync. */
const ALL_IN_SYNC = -1;
/** What waits goes beside a flight that takes longer, so that one slow broker holds up its own lanes alone. */
const PATIENCE_MS = 20;
/** Of one flight: kafkajs encodes it in one go, and nothing else runs meanwhile. */
const FLIGHT_RECORDS_MAX = 4_000;
const FLIGHT_BYTES_MAX = 4 * 2 ** 20;

/** Appends on their way to the brokers. */
export interface Flights {
  /**
   * Resolves with the offset of the first record once all are acknowledged. They must fit into one append.
   * @throws AppendError the outcome is not known; RangeError they are larger than the topic allows.
   */
  send(topic: string, lane: number, records: readonly LogRecord[]): Promise<number>;
}

interface Part {
  readonly topic: string;
  readonly lane: number;
  readonly records: readonly LogRecord[];
  readonly bytes: number;
  resolve(offset: number): void;
  reject(error: Error): void;
}

/**
 * Sends what several lanes and topics have ready in one request, as kafkajs makes one of each `send` and a broker
 * takes a connection's one by one: what comes while a flight is under way goes with the next. A part that was in a
 * flight that failed goes alone until it gets through, so that it can't hold up others for long.
 */
export function createFlights(producer: Pick<Producer, 'sendBatch'>): Flights {
  let waiting: Part[] = [];
  const alone = new Set<string>();
  let underWay = 0;
  let isScheduled = false;
  let departedMs = Number.NEGATIVE_INFINITY;
  /** Of the next departure. */
  let timer: NodeJS.Timeout | undefined;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    // All that the lanes of this turn have ready.
    setImmediate(() => {
      isScheduled = false;
      if (underWay === 0) departSoon();
      else timer ??= setTimeout(depart, PATIENCE_MS);
    });
  }

  function departSoon(): void {
    const waitMs = departedMs + PACE_MS - performance.now();
    if (waitMs <= 0) depart();
    else if (waiting.length > 0) timer ??= setTimeout(depart, waitMs);
  }

  function depart(): void {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    departedMs = performance.now();
    const flight = createFlight();
    waiting = waiting.filter((part) => !flight.takes(part));
    underWay++;
    void fly(flight.parts).then(() => {
      underWay--;
      if (underWay > 0) return;
      clearTimeout(timer);
      timer = undefined;
      departSoon();
    });
    if (waiting.length > 0) timer = setTimeout(depart, PATIENCE_MS);
  }

  async function fly(parts: readonly Part[]): Promise<void> {
    try {
      const results = await producer.sendBatch({
        acks: ALL_IN_SYNC,
        timeout: APPEND_TIMEOUT_MS,
        topicMessages: messagesOf(parts),
      });
      land(parts, results);
    } catch (error) {
      for (const part of parts) {
        alone.add(placeOf(part));
        part.reject(failureOf(part, parts.length, error));
      }
    }
  }

  function land(parts: readonly Part[], results: readonly RecordMetadata[]): void {
    /** Records of the parts before, by place: they are in one batch. */
    const before = new Map<string, number>();
    for (const part of parts) {
      const place = placeOf(part);
      const skipped = before.get(place) ?? 0;
      before.set(place, skipped + part.records.length);
      try {
        part.resolve(acknowledgedAt(results, part.topic, part.lane) + skipped);
        alone.delete(place);
      } catch (error) {
        alone.add(place);
        part.reject(error as Error);
      }
    }
  }

  return {
    send(topic, lane, records) {
      const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const part: Part = { topic, lane, records, bytes, resolve, reject };
      if (alone.has(placeOf(part))) void fly([part]);
      else {
        waiting.push(part);
        schedule();
      }
      return promise;
    },
  };
}

/** Parts that go together: of one place in order, and together no larger than one append. */
function createFlight() {
  const parts: Part[] = [];
  const places = new Map<string, { records: number; bytes: number; isFull: boolean }>();
  let records = 0;
  let bytes = 0;
  return {
    parts,
    takes(part: Part): boolean {
      const id = placeOf(part);
      const place = places.get(id) ?? { records: 0, bytes: 0, isFull: false };
      places.set(id, place);
      const isFirst = parts.length === 0;
      place.isFull ||=
        place.records > 0 &&
        (place.records + part.records.length > APPEND_RECORDS_MAX ||
          place.bytes + part.bytes > APPEND_BYTES_MAX);
      // Nothing overtakes what waits for the same place.
      place.isFull ||=
        !isFirst &&
        (records + part.records.length > FLIGHT_RECORDS_MAX || bytes + part.bytes > FLIGHT_BYTES_MAX);
      if (place.isFull) return false;
      place.records += part.records.length;
      place.bytes += part.bytes;
      records += part.records.length;
      bytes += part.bytes;
      parts.push(part);
      return true;
    },
  };
}

function messagesOf(parts: readonly Part[]): TopicMessages[] {
  const byTopic = Map.groupBy(parts, ({ topic }) => topic);
  return [...byTopic].map(([topic, of]) => ({ topic, messages: laneMessages(of) }));
}

function placeOf({ topic, lane }: Part): string {
  return `${lane}/${topic}`;
}

function failureOf({ topic, lane }: Part, parts: number, cause: unknown): Error {
  const message = `topic ${topic}, lane ${lane}: ${(cause as Error).message}`;
  // Of several, nobody knows whose was too large: the next try, alone, tells.
  if (parts === 1 && isTooLarge(cause)) return new RangeError(message, { cause });
  return new AppendError(message, { cause });
}

function isTooLarge(error: unknown): boolean {
  const { type, cause } = error as { readonly type?: unknown; readonly cause?: unknown };
  return type === 'MESSAGE_TOO_LARGE' || (cause !== undefined && isTooLarge(cause));
}
