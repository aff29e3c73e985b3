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

/** The offset from which on a lane's records have not been read; null: nobody says. */
export type Unread = (topic: string, lane: number) => number | null;

export interface Retention {
  /** For readers without a committed position. */
  hold(unread: Unread): void;
  /** Removes what has grown too old; says how many records went. */
  expire(): Promise<number>;
  close(): Promise<void>;
}

interface Reader {
  readonly group: string;
  /** The next record that it reads. */
  readonly offset: number;
}

/**
 * Forgets records by their age, once every group that has committed a position, and who `hold`s, has read them: what
 * waits to be read stays, and is warned of. Records go chunk by chunk, from a lane's start; a chunk goes once its latest
 * record is too old.
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
  let unread: Unread = () => null;
  /** Lanes that hold what is too old. */
  const held = new Set<string>();
  let running: Promise<number> = Promise.resolve(0);

  async function expire(): Promise<number> {
    let total = 0;
    for (const { topic, lane } of lanes.all()) {
      let removed = 0;
      const reader = slowest(topic, lane);
      for (let step = -1; step !== 0 && !closed; removed += step) {
        step = await expireStep(topic, lane, reader);
      }
      if (removed > 0) logger.info({ topic, lane, removed, keepMs }, 'forgot records that had grown too old');
      total += removed;
    }
    return total;
  }

  function slowest(topic: string, lane: number): Reader {
    const holder = unread(topic, lane);
    let slowest: Reader = { group: 'the pipeline', offset: holder ?? Number.POSITIVE_INFINITY };
    const prefix = key(SPACE.position).text(topic).integer(lane).end();
    for (const { value } of disk.range({ from: prefix, to: after(prefix) })) {
      const position = JSON.parse(Buffer.from(value).toString()) as Reader;
      if (position.offset < slowest.offset) slowest = position;
    }
    return slowest;
  }

  function expireStep(topic: string, lane: number, reader: Reader): Promise<number> {
    return writer.submit((transaction) => {
      const before = clock.now() - keepMs;
      const prefix = key(SPACE.chunk).text(topic).integer(lane).end();
      let removed = 0;
      let start = 0;
      const limit = MAX_STEP_CHUNKS;
      for (const { key: chunk, value } of disk.range({ from: prefix, to: after(prefix), limit })) {
        const end = integerAt(chunk, prefix.length) + chunkCount(value);
        const isOld = chunkLatest(value) < before;
        if (isOld && end > reader.offset) warn(topic, lane, reader);
        if (!isOld || end > reader.offset) break;
        transaction.remove(chunk);
        removed += chunkCount(value);
        start = end;
      }
      if (removed > 0) lanes.moveStart(transaction, topic, lane, start);
      return removed;
    });
  }

  /** Once until it has gone on. */
  function warn(topic: string, lane: number, { group, offset }: Reader): void {
    const name = `${topic}/${lane}/${group}/${offset}`;
    if (held.has(name)) return;
    for (const other of held) if (other.startsWith(`${topic}/${lane}/`)) held.delete(other);
    held.add(name);
    logger.warn(
      { topic, lane, group, unread: lanes.bounds(topic, lane).end - offset },
      `records are kept beyond their age, since ${group} has not read them: the disk fills up until it does`,
    );
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
    hold(next) {
      unread = next;
    },
    expire,
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}
