import type { Clock } from '@millrace/lanes/ports/clock';
import { AppendError, type EventLog, type Position } from '@millrace/lanes/ports/log';
import type { Disk } from './disk.ts';
import { createGroups } from './groups.ts';
import { key, SPACE } from './keys.ts';
import type { Lanes } from './lanes.ts';
import type { Writer } from './writer.ts';

export interface EmbeddedLog extends EventLog {
  /** Ends all consumers, after the batches under way. */
  close(): Promise<void>;
}

export function createEventLog(
  disk: Disk,
  writer: Writer,
  lanes: Lanes,
  laneCount: number,
  clock: Clock,
): EmbeddedLog {
  const groups = createGroups(lanes, laneCount, clock);
  return {
    async append(topic, lane, records) {
      try {
        return await writer.submit((transaction) => lanes.append(transaction, topic, lane, records));
      } catch (error) {
        // A record or lane that can't be: sending again won't help.
        if (error instanceof RangeError) throw error;
        const message = `topic ${topic}, lane ${lane}: ${(error as Error).message}`;
        throw new AppendError(message, { cause: error });
      }
    },
    consume: async (options) => groups.join(options),
    committed: async (group, topic, lane) => {
      const saved = disk.get(positionKey(group, topic, lane));
      if (!saved) return null;
      const { offset, metadata }: Position = JSON.parse(Buffer.from(saved).toString());
      return { offset, metadata };
    },
    commit: (group, topic, lane, { offset, metadata }) =>
      writer.submit((transaction) => {
        lanes.bounds(topic, lane);
        const saved = Buffer.from(JSON.stringify({ group, offset, metadata }));
        transaction.put(positionKey(group, topic, lane), saved);
      }),
    bounds: async (topic, lane) => lanes.bounds(topic, lane),
    async read(topic, lane, from, maxRecords) {
      const { base, records, end } = lanes.read(topic, lane, from, maxRecords);
      return { base, records, end };
    },
    close: () => groups.close(),
  };
}

function positionKey(group: string, topic: string, lane: number): Buffer {
  return key(SPACE.position).text(topic).integer(lane).text(group).end();
}
