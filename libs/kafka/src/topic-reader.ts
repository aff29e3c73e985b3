import { randomUUID } from 'node:crypto';
import type { LogRecord } from '@millrace/lanes/ports/log';
import type { EachBatchPayload } from 'kafkajs';
import type { Clients } from './clients.ts';
import { fromBatch } from './kafka-record.ts';

/** How long a read waits for records that are there. */
const PATIENCE_MS = 30_000;

/**
 * Reads single stretches of a topic, for people. kafkajs fetches only as a member of a group, and a new group may
 * wait seconds for others to join: so one of its own is kept for further reads.
 */
export interface TopicReader {
  /** What one fetch from the offset brings, at most `maxRecords`; the offset must hold a record. */
  read(lane: number, from: number, maxRecords: number): Promise<LogRecord[]>;
  /** Resolves when it can read no more: kafkajs has given its consumer up, or it was closed. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

interface Wanted {
  readonly lane: number;
  readonly from: number;
  found(records: readonly LogRecord[]): void;
  failed(error: Error): void;
}

/** @throws Error when its consumer can't join. */
export async function openTopicReader(clients: Clients, topic: string): Promise<TopicReader> {
  const groupId = `millrace-read-${randomUUID()}`;
  const consumer = clients.consumer(groupId);
  let wanted: Wanted | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const ended = Promise.withResolvers<void>();
  let isEnded = false;

  function end(): void {
    isEnded = true;
    ended.resolve();
    wanted?.failed(new Error(`topic ${topic}: its reader has ended; read again`));
  }

  function fetchWanted(): void {
    if (wanted === null) return;
    consumer.seek({ topic, partition: wanted.lane, offset: String(wanted.from) });
    consumer.resume([{ topic, partitions: [wanted.lane] }]);
  }

  async function eachBatch({ batch }: EachBatchPayload): Promise<void> {
    consumer.pause([{ topic, partitions: [batch.partition] }]);
    const { base, records } = fromBatch(batch);
    if (wanted?.lane === batch.partition && base === wanted.from) wanted.found(records);
    else if (wanted?.lane === batch.partition) fetchWanted();
  }

  function readNow(lane: number, from: number, maxRecords: number): Promise<LogRecord[]> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        wanted = null;
      };
      const failed = (error: Error) => {
        settle();
        reject(error);
      };
      const timer = setTimeout(
        () =>
          failed(
            new Error(`topic ${topic}, lane ${lane}: nothing came from offset ${from} in ${PATIENCE_MS} ms`),
          ),
        PATIENCE_MS,
      );
      const found = (records: readonly LogRecord[]) => {
        settle();
        resolve(records.slice(0, maxRecords));
      };
      wanted = { lane, from, found, failed };
      if (isEnded) end();
      else fetchWanted();
    });
  }

  async function join(): Promise<void> {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
    // It resolves as well when kafkajs could not join, and has given the consumer up.
    if (isEnded) throw new Error(`topic ${topic}: its reader could not join group ${groupId}; read again`);
  }

  consumer.on(consumer.events.STOP, end);
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    consumer.pause([{ topic, partitions: payload.memberAssignment[topic] ?? [] }]);
    fetchWanted();
  });
  try {
    await join();
  } catch (error) {
    await consumer.disconnect().catch(() => {});
    throw error;
  }

  return {
    read(lane, from, maxRecords) {
      const reading = last.then(() => readNow(lane, from, maxRecords));
      last = reading.catch(() => {});
      return reading;
    },
    ended: ended.promise,
    async close() {
      await last;
      await consumer.disconnect();
      const admin = clients.admin();
      try {
        await admin.connect();
        await admin.deleteGroups([groupId]);
      } catch {
        // The brokers forget a group without members and positions by themselves.
      } finally {
        await admin.disconnect();
      }
    },
  };
}
