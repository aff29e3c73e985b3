import { LaneStopped, type Position } from '@millrace/lanes/ports/log';
import type { Admin } from 'kafkajs';
import type { Clients } from './clients.ts';

/** What kafkajs commits, without metadata, in place of an offset that the topic does not hold: "from the start". */
const WIPED = -2;

/**
 * The position of a group in a lane; null: it has none.
 * @throws LaneStopped `lane_reset` when kafkajs has wiped it.
 */
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
  if (offset === WIPED) {
    throw new LaneStopped(
      'lane_reset',
      `Group ${group} was at an offset of ${topic}, lane ${lane}, that is not there any more: the topic was truncated or recreated. Run "millrace reset" to start a new generation.`,
    );
  }
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
