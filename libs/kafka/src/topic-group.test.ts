import { expect, test } from '@jest/globals';
import type { PartitionReader, TopicBatch } from '@millrace/lanes/ports/topics';
import { eventually } from '@millrace/testkit/eventually';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { joinTopicGroup } from './topic-group.ts';

const PATIENCE_MS = 10_000;
const logger = { info: () => {}, warn: () => {}, error: () => {} };

/** What joinTopicGroup uses of kafkajs' consumer, whose moments the test chooses. */
function handConsumer() {
  const listeners = new Map<string, (event: unknown) => void>();
  let handler: (payload: EachBatchPayload) => Promise<void> = async () => {};
  const consumer = {
    events: { GROUP_JOIN: 'join', STOP: 'stop', CRASH: 'crash' },
    on: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
    connect: async () => {},
    subscribe: async () => {},
    async run({ eachBatch }: { eachBatch: typeof handler }) {
      handler = eachBatch;
    },
    seek: () => {},
    pause: () => {},
    resume: () => {},
    commitOffsets: async () => {},
    disconnect: async () => {},
  } as unknown as Consumer;
  return {
    consumer,
    join: () => listeners.get('join')!({ payload: { memberAssignment: { t: [0] } } }),
    fetched(from: number, to: number): Promise<void> {
      const messages = Array.from({ length: to - from }, (_, i) => ({
        offset: String(from + i),
        value: Buffer.from('x'),
        headers: undefined,
      }));
      const batch = {
        topic: 't',
        partition: 0,
        messages,
        fetchedOffset: String(from),
        highWatermark: String(to),
        lastOffset: () => String(to - 1),
      };
      return handler({ batch, resolveOffset: () => {} } as unknown as EachBatchPayload);
    },
  };
}

test('what is fetched just when a reader fails is not for the next one, which begins where it says', async () => {
  // The turns that pass between the failure and the fetch.
  for (let turns = 0; turns < 8; turns++) {
    const hand = handConsumer();
    const given: TopicBatch[][] = [];
    let fail: (error: Error) => void = () => {};
    const member = await joinTopicGroup(
      {
        group: 'g',
        topics: ['t'],
        onFailed: () => {},
        async takeOver(): Promise<PartitionReader> {
          const batches: TopicBatch[] = [];
          given.push(batches);
          return {
            from: 0,
            done: 0,
            skipped: () => {},
            released: () => {},
            batch(batch) {
              batches.push(batch);
              return new Promise((_, reject) => {
                fail = reject;
              });
            },
          };
        },
      },
      {
        consumer: hand.consumer,
        logger,
        bounds: async () => ({ start: 0, end: 100 }),
        committed: async () => null,
      },
    );
    hand.join();
    await eventually('it is taken over', () => given.length === 1, PATIENCE_MS);
    await hand.fetched(0, 10);
    await eventually('it has a batch', () => given[0]!.length === 1, PATIENCE_MS);

    fail(new Error('the position was not saved'));
    for (let turn = 0; turn < turns; turn++) await null;
    await hand.fetched(10, 20);
    await eventually('it is taken over again', () => given.length === 2, PATIENCE_MS);
    await hand.fetched(0, 10);
    await eventually('it has a batch again', () => given[1]!.length === 1, PATIENCE_MS);
    expect(given[1]![0]!.records[0]!.offset).toBe(0);
    fail(new Error('over'));
    await member.close();
  }
}, 60_000);
