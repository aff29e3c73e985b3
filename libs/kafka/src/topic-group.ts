import type { Logger } from '@millrace/lanes/ports/logger';
import {
  type PartitionReader,
  type ReadOptions,
  type TopicBatch,
  type TopicBounds,
  TopicError,
} from '@millrace/lanes/ports/topics';
import type { Batch, Consumer, ConsumerGroupJoinEvent, EachBatchPayload } from 'kafkajs';
import { textsOf } from './kafka-record.ts';

/** Records that wait for a partition's reader before it is fetched no more. */
const WAITING_RECORDS_MAX = 4_000;
const RESTART_PAUSE_MS = 1_000;
const RETRY_PAUSE_MS = 500;
const COMMIT_EVERY_MS = 5_000;

export interface TopicGroupParts {
  readonly consumer: Consumer;
  readonly logger: Logger;
  bounds(topic: string, partition: number): Promise<TopicBounds>;
  committed(topic: string, partition: number): Promise<number | null>;
}

/** A partition while it is this process's. */
interface Seat {
  readonly topic: string;
  readonly partition: number;
  reader: PartitionReader | null;
  /** The offset to be fetched next; null: not known yet. */
  next: number | null;
  /** Sent there, and not yet seen to fetch from there. */
  sought: { readonly offset: number; misses: number } | null;
  waiting: TopicBatch[];
  waitingRecords: number;
  held: boolean;
  over: boolean;
  wake(): void;
  committed: number;
}

/**
 * A member of a group that reads topics of others. As for lanes (`group-member.ts`), kafkajs' handler only fills
 * buffers; a partition that comes is begun where its reader says, not where kafkajs thinks.
 */
export async function joinTopicGroup(
  options: ReadOptions,
  parts: TopicGroupParts,
): Promise<{ close(): Promise<void> }> {
  const { consumer, logger } = parts;
  const { group } = options;
  const seats = new Map<string, Seat>();
  let isJoined = false;
  let isClosing = false;

  const at = ({ topic, partition }: Seat) => [{ topic, partitions: [partition] }];

  function hold(seat: Seat): void {
    seat.held = true;
    if (isJoined) consumer.pause(at(seat));
  }

  function seek(seat: Seat, offset: number): void {
    seat.next = offset;
    seat.sought = { offset, misses: seat.sought?.offset === offset ? seat.sought.misses : 0 };
    if (!isJoined) return;
    consumer.seek({ topic: seat.topic, partition: seat.partition, offset: String(offset) });
    seat.held = false;
    consumer.resume(at(seat));
  }

  function release(seat: Seat): void {
    seat.over = true;
    seats.delete(keyOf(seat.topic, seat.partition));
    seat.reader?.released();
    seat.wake();
  }

  /** Every assignment begins anew: another member may have read what this one still has. */
  function onJoined({ payload }: ConsumerGroupJoinEvent): void {
    for (const seat of [...seats.values()]) release(seat);
    isJoined = true;
    if (isClosing) return;
    for (const [topic, partitions] of Object.entries(payload.memberAssignment)) {
      for (const partition of partitions) {
        const seat = emptySeat(topic, partition);
        seats.set(keyOf(topic, partition), seat);
        hold(seat);
        void serve(seat);
      }
    }
  }

  async function serve(seat: Seat): Promise<void> {
    while (!seat.over) {
      try {
        await takeOver(seat);
        while (!seat.over) await feed(seat, seat.reader!);
      } catch (error) {
        if (seat.over) return;
        hold(seat);
        seat.reader?.released();
        seat.reader = null;
        seat.next = null;
        seat.waiting = [];
        seat.waitingRecords = 0;
        if (error instanceof TopicError) {
          seat.over = true;
          options.onFailed(error);
          return;
        }
        const { topic, partition } = seat;
        logger.warn(
          { err: error, group, topic, partition },
          'a partition can’t be read on; it is tried again',
        );
        await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
      }
    }
  }

  async function takeOver(seat: Seat): Promise<void> {
    const { topic, partition } = seat;
    const committed = await parts.committed(topic, partition);
    const reader = await options.takeOver(topic, partition, await parts.bounds(topic, partition), committed);
    if (seat.over) {
      reader.released();
      return;
    }
    seat.reader = reader;
    seat.committed = reader.from;
    seek(seat, reader.from);
  }

  async function feed(seat: Seat, reader: PartitionReader): Promise<void> {
    const batch = seat.waiting.shift();
    if (batch === undefined) {
      await new Promise<void>((resolve) => {
        seat.wake = resolve;
      });
      return;
    }
    await reader.batch(batch);
    seat.waitingRecords -= batch.records.length;
    if (!seat.held || seat.over || seat.waitingRecords > WAITING_RECORDS_MAX / 2 || !isJoined) return;
    seat.held = false;
    consumer.resume(at(seat));
  }

  async function eachBatch({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    const seat = seats.get(keyOf(batch.topic, batch.partition));
    if (seat === undefined || seat.next === null) {
      consumer.pause([{ topic: batch.topic, partitions: [batch.partition] }]);
      return;
    }
    const expected = seat.next;
    try {
      if (!(await isNext(seat, expected, batch))) return;
    } catch (error) {
      // Not resolved, it is fetched again.
      logger.warn(
        { err: error, group, topic: batch.topic },
        'a partition can’t be checked; it is tried again',
      );
      return;
    }
    // Its reader may have failed meanwhile: what the next one gets begins where that one says.
    if (seat.over || seat.next !== expected) return;
    const next = Number(batch.lastOffset()) + 1;
    const records = batch.messages
      .filter(({ offset }) => Number(offset) >= expected)
      .map(({ offset, value, headers }) => ({
        offset: Number(offset),
        value,
        ...(headers && { headers: textsOf(headers) }),
      }));
    seat.next = Math.max(next, expected);
    resolveOffset(batch.lastOffset());
    seat.waiting.push({ records, next: seat.next, end: Number(batch.highWatermark) });
    seat.waitingRecords += records.length;
    if (seat.waitingRecords > WAITING_RECORDS_MAX) hold(seat);
    seat.wake();
  }

  /** Whether the batch goes on where the last one ended; sends kafkajs back there where it does not. */
  async function isNext(seat: Seat, expected: number, batch: Batch): Promise<boolean> {
    // Not in kafkajs' types: the offset that the batch was asked for from.
    const fetched = Number((batch as Batch & { readonly fetchedOffset: string }).fetchedOffset);
    const { sought } = seat;
    if (fetched === expected || (fetched < expected && sought === null)) {
      seat.sought = null;
      return true;
    }
    const { start } = await parts.bounds(seat.topic, seat.partition);
    if (seat.over || seat.next !== expected) return false;
    if (start > expected) {
      seat.reader?.skipped(start, start - expected);
      seek(seat, start);
      return false;
    }
    // From elsewhere after a seek: what was under way then. But what lies between may also be compacted away, or was
    // taken back by its writer: then kafkajs comes from there again.
    if (sought === null || (fetched > expected && sought.misses > 0)) {
      seat.sought = null;
      return true;
    }
    sought.misses++;
    seek(seat, expected);
    return false;
  }

  /** For those who look at lags; what counts is what the readers save. */
  async function commitDone(): Promise<void> {
    if (!isJoined) return;
    const moved = [...seats.values()].filter(({ reader, committed }) => (reader?.done ?? -1) > committed);
    if (moved.length === 0) return;
    const offsets = moved.map((seat) => {
      seat.committed = seat.reader!.done;
      return { topic: seat.topic, partition: seat.partition, offset: String(seat.committed) };
    });
    await consumer.commitOffsets(offsets).catch((error: Error) => {
      logger.warn({ err: error, group }, 'the group’s position was not committed; it is tried again');
    });
  }

  async function run(): Promise<void> {
    await consumer.connect();
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
  }

  async function restart(reason: unknown): Promise<void> {
    for (let error = reason; !isClosing; ) {
      logger.warn({ err: error, group }, 'a consumer has ended; it is started again');
      await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS));
      if (isClosing) return;
      try {
        await run();
        if (isClosing) await consumer.disconnect();
        return;
      } catch (failure) {
        error = failure;
      }
    }
  }

  consumer.on(consumer.events.GROUP_JOIN, onJoined);
  consumer.on(consumer.events.STOP, () => {
    isJoined = false;
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    isJoined = false;
    for (const seat of [...seats.values()]) release(seat);
    void restart(payload.error);
  });
  // Where an offset has gone, kafkajs begins at the start: never at the end, which would skip what is there.
  await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
  await run();
  const committing = setInterval(() => void commitDone(), COMMIT_EVERY_MS);
  return {
    async close() {
      if (isClosing) return;
      isClosing = true;
      clearInterval(committing);
      await commitDone();
      for (const seat of [...seats.values()]) release(seat);
      await consumer.disconnect();
    },
  };
}

function keyOf(topic: string, partition: number): string {
  return `${partition}/${topic}`;
}

function emptySeat(topic: string, partition: number): Seat {
  return {
    topic,
    partition,
    reader: null,
    next: null,
    sought: null,
    waiting: [],
    waitingRecords: 0,
    held: true,
    over: false,
    wake: () => {},
    committed: -1,
  };
}
