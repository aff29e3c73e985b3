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
  close(): Promise<void>;
}

interface Wanted {
  readonly lane: number;
  readonly from: number;
  readonly found: (records: readonly LogRecord[]) => void;
}

export async function openTopicReader(clients: Clients, topic: string): Promise<TopicReader> {
  const groupId = `millrace-read-${randomUUID()}`;
  const consumer = clients.consumer(groupId);
  let wanted: Wanted | null = null;
  let last: Promise<unknown> = Promise.resolve();

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
      const timer = setTimeout(() => {
        wanted = null;
        reject(
          new Error(`topic ${topic}, lane ${lane}: nothing came from offset ${from} in ${PATIENCE_MS} ms`),
        );
      }, PATIENCE_MS);
      const found = (records: readonly LogRecord[]) => {
        clearTimeout(timer);
        wanted = null;
        resolve(records.slice(0, maxRecords));
      };
      wanted = { lane, from, found };
      fetchWanted();
    });
  }

  await consumer.connect();
  await consumer.subscribe({ topics: [topic] });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    consumer.pause([{ topic, partitions: payload.memberAssignment[topic] ?? [] }]);
    fetchWanted();
  });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });

  return {
    read(lane, from, maxRecords) {
      const reading = last.then(() => readNow(lane, from, maxRecords));
      last = reading.catch(() => {});
      return reading;
    },
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
