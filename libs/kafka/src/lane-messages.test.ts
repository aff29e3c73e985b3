import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import type { Message } from 'kafkajs';
import { laneMessages } from './lane-messages.ts';

const PATH = 'kafkajs/src/producer/groupMessagesPerPartition.js';
const group = createRequire(import.meta.url)(PATH) as (options: {
  readonly topic: string;
  readonly partitionMetadata: readonly unknown[];
  readonly messages: readonly Message[];
  readonly partitioner: (options: { readonly message: Message }) => number;
}) => Record<number, Message[]>;

test('kafkajs groups them as it groups a plain array', () => {
  const record = (i: number) => ({ value: Buffer.from(`${i}`), timestampMs: i });
  const messages = laneMessages([
    { lane: 2, records: [record(1), record(2)] },
    { lane: 0, records: [record(3)] },
    { lane: 2, records: [record(4)] },
  ]);
  const options = {
    topic: 't',
    partitionMetadata: [{}],
    partitioner: ({ message }: { readonly message: Message }) => message.partition!,
  };
  const grouped = group({ ...options, messages });
  expect(grouped).toEqual(group({ ...options, messages: Array.from(messages) }));
  expect(grouped[2]!.map(({ timestamp }) => timestamp)).toEqual(['1', '2', '4']);
  expect(messages.find(({ value }) => value === undefined)).toBeUndefined();
});
