import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { nowMs } from './load.ts';
import { LANES, paymentIndex } from './payments-document.ts';

/** Notes when each result arrives at a consumer of the chain's last topic. */
export interface Probe {
  /** By event, epoch milliseconds; 0: not yet. Resolves when all are there. */
  arrivals(): Promise<Float64Array>;
  /** How many arrived more than once. */
  readonly repeats: number;
  close(): Promise<void>;
}

export async function openProbe(brokers: readonly string[], topic: string, events: number): Promise<Probe> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'probe', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `probe-${randomUUID()}`, maxWaitTimeInMs: 100 });
  const at = new Float64Array(events);
  const all = Promise.withResolvers<void>();
  let left = events;
  let repeats = 0;
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const joined = new Promise((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, resolve);
  });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: LANES,
    async eachBatch({ batch }) {
      const now = nowMs();
      for (const { value } of batch.messages) {
        const i = paymentIndex(value!);
        if (at[i] !== 0) repeats++;
        else {
          at[i] = now;
          if (--left === 0) all.resolve();
        }
      }
    },
  });
  await joined;
  return {
    async arrivals() {
      await all.promise;
      return at;
    },
    get repeats() {
      return repeats;
    },
    close: () => consumer.disconnect(),
  };
}
