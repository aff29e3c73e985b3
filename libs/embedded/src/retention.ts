import type { Clock } from '@millrace/lanes/ports/clock';
import type { Logger } from '@millrace/lanes/ports/logger';
import { chunkCount, chunkLatest } from './chunk.ts';
import type { Disk } from './disk.ts';
import { after, integerAt, key, SPACE } from './keys.ts';
import type { Lanes } from './lanes.ts';
import type { Writer } from './writer.ts';

/** Between two looks for old records. */
const INTERVAL_MS = 60_000;
/** Chunks that one transaction removes, so that no append waits long behind it. */
const MAX_STEP_CHUNKS = 64;

export interface Retention {
  /** Removes what has grown too old; says how many records went. */
  expire(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Forgets records by their age, whether or not they have been read. Records go chunk by chunk, from a lane's start;
 * a chunk goes once its latest record is too old.
 */
export function createRetention(
  disk: Disk,
  writer: Writer,
  lanes: Lanes,
  clock: Clock,
  logger: Logger,
  keepMs: number,
): Retention {
  let closed = false;
  let running: Promise<number> = Promise.resolve(0);

  async function expire(): Promise<number> {
    let total = 0;
    for (const { topic, lane } of lanes.all()) {
      let removed = 0;
      for (let step = -1; step !== 0 && !closed; removed += step) step = await expireStep(topic, lane);
      if (removed > 0) report(topic, lane, removed);
      total += removed;
    }
    return total;
  }

  function expireStep(topic: string, lane: number): Promise<number> {
    return writer.submit((transaction) => {
      const before = clock.now() - keepMs;
      const prefix = key(SPACE.chunk).text(topic).integer(lane).end();
      let removed = 0;
      let start = 0;
      const limit = MAX_STEP_CHUNKS;
      for (const { key: chunk, value } of disk.range({ from: prefix, to: after(prefix), limit })) {
        if (chunkLatest(value) >= before) break;
        transaction.remove(chunk);
        removed += chunkCount(value);
        start = integerAt(chunk, prefix.length) + chunkCount(value);
      }
      if (removed > 0) lanes.moveStart(transaction, topic, lane, start);
      return removed;
    });
  }

  function report(topic: string, lane: number, removed: number): void {
    const { start } = lanes.bounds(topic, lane);
    const prefix = key(SPACE.position).text(topic).integer(lane).end();
    for (const { value } of disk.range({ from: prefix, to: after(prefix) })) {
      const { group, offset } = JSON.parse(Buffer.from(value).toString());
      if (offset >= start) continue;
      logger.warn(
        { topic, lane, group, unread: start - offset },
        `${start - offset} records were forgotten before ${group} had read them; its lane will stop with lane_reset`,
      );
    }
    logger.info({ topic, lane, removed, keepMs }, 'forgot records that had grown too old');
  }

  const timer = setInterval(() => {
    running = running
      .then(() => (closed ? 0 : expire()))
      .catch((error: unknown) => {
        logger.warn({ error }, 'old records could not be removed; the next look is in a minute');
        return 0;
      });
  }, INTERVAL_MS).unref();

  return {
    expire,
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}
