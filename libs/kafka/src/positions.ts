import type { Position } from '@millrace/lanes/ports/log';
import type { Admin } from 'kafkajs';
import type { Clients } from './clients.ts';

/** The position of a group in a lane; null: it has none. */
export async function fetchPosition(
  admin: Admin,
  group: string,
  topic: string,
  lane: number,
): Promise<Position | null> {
  const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  // In no particular order.
  const found = answer?.partitions.find(({ partition }) => partition === lane);
  if (!found) throw new RangeError(`lane ${lane} of topic ${topic}: there is no such partition`);
  const offset = Number(found.offset);
  return offset < 0 ? null : { offset, metadata: found.metadata ?? '' };
}

/**
 * Commits for a group that has no member in this process: to set a lane up or back. kafkajs commits only as a member,
 * so it joins for a moment, which makes members elsewhere share the lanes anew.
 */
export async function commitFromOutside(
  clients: Clients,
  group: string,
  topic: string,
  lane: number,
  { offset, metadata }: Position,
): Promise<void> {
  const consumer = clients.consumer(group);
  let isCommitted = false;
  consumer.on(consumer.events.GROUP_JOIN, () => consumer.pause([{ topic }]));
  consumer.on(consumer.events.COMMIT_OFFSETS, () => {
    isCommitted = true;
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
    await consumer.commitOffsets([{ topic, partition: lane, offset: String(offset), metadata }]);
  } finally {
    await consumer.disconnect();
  }
  if (!isCommitted)
    throw new Error(`group ${group}, topic ${topic}, lane ${lane}: ${offset} was not committed`);
}
