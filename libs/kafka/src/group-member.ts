import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@millrace/lanes/ports/clock';
import { type ConsumeOptions, LaneStopped, type LogBatch, type Position } from '@millrace/lanes/ports/log';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { ConsumerGroupJoinEvent, EachBatchPayload } from 'kafkajs';
import { LANES_AT_ONCE } from './client-settings.ts';
import type { Clients } from './clients.ts';
import { createCommits } from './commits.ts';
import { createFetchPace } from './fetch-pace.ts';
import { fromBatch } from './kafka-record.ts';
import type { Member, Seats } from './seats.ts';

/** Between the end of a broken consumer and the next try. */
const RESTART_PAUSE_MS = 1_000;

export interface GroupMember extends Member {
  /** The group has given it the lane, as far as it has heard. */
  isAssigned(lane: number): boolean;
  /** @throws Error when it is not a member just now, or the group did not take it. */
  commit(lane: number, position: Position): Promise<void>;
  close(): Promise<void>;
}

export interface GroupMemberParts {
  readonly clients: Clients;
  readonly seats: Seats;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @throws LaneStopped when the lane does not hold the offset. */
  checkInside(lane: number, offset: number): Promise<void>;
}

/**
 * One consumer of a group. Its handler only puts what was fetched into the lanes' buffers: a reader that takes long
 * holds up neither heartbeats nor other lanes, and nothing is thrown at kafkajs, which would end the whole consumer.
 */
export async function joinGroup(options: ConsumeOptions, parts: GroupMemberParts): Promise<GroupMember> {
  const { clients, seats, clock, logger } = parts;
  const { group, topic } = options;
  const consumer = clients.consumer(group);
  const started = Promise.withResolvers<void>();
  const assigned = new Set<number>();
  const held = new Set<number>();
  /** The last offset that kafkajs says is committed, by lane. */
  const committed = new Map<number, string>();
  /** Where a fetch began elsewhere than expected, and was sent back once. */
  const sentBack = new Map<number, number>();
  const pace = createFetchPace();
  let memberId = '';
  let isJoined = false;
  let isClosing = false;

  const partition = (lane: number) => [{ topic, partitions: [lane] }];

  const commits = createCommits(async (positions) => {
    // A lane that has gone elsewhere meanwhile is not set back.
    const ours = [...positions].filter(([lane]) => isJoined && assigned.has(lane));
    for (const [lane] of ours) committed.delete(lane);
    if (ours.length > 0) {
      await consumer.commitOffsets(
        ours.map(([lane, { offset, metadata }]) => ({
          topic,
          partition: lane,
          offset: String(offset),
          metadata,
        })),
      );
    }
    // A consumer that is ending resolves without having committed.
    const refused = [...positions].filter(([lane, { offset }]) => committed.get(lane) !== String(offset));
    return new Map(refused.map(([lane, { offset }]) => [lane, notCommitted(lane, offset)]));
  });

  function notCommitted(lane: number, offset: number): Error {
    return new Error(`group ${group}, topic ${topic}, lane ${lane}: offset ${offset} was not committed`);
  }

  const member: GroupMember = {
    options: { ...options },
    started: started.promise,
    fetchFrom(lane, offset) {
      // What was sent back before was for another reader.
      sentBack.delete(lane);
      if (!isJoined) return;
      consumer.seek({ topic, partition: lane, offset: String(offset) });
      held.delete(lane);
      consumer.resume(partition(lane));
    },
    hold(lane) {
      if (!isJoined) return;
      held.add(lane);
      consumer.pause(partition(lane));
    },
    resume(lane) {
      if (isJoined && held.delete(lane)) consumer.resume(partition(lane));
    },
    isAssigned: (lane) => isJoined && assigned.has(lane),
    commit: (lane, position) => commits.commit(lane, position),
    async close() {
      isClosing = true;
      commits.hurry();
      await Promise.all(
        [...assigned].map((lane) => {
          member.hold(lane);
          return seats.release(member, lane);
        }),
      );
      await consumer.disconnect();
    },
  };

  function onJoined({ payload }: ConsumerGroupJoinEvent): void {
    const now = new Set(payload.memberAssignment[topic] ?? []);
    // With the same id it has been in the group all the time, and nobody else had what it still has.
    const isSame = payload.memberId === memberId;
    const kept = [...assigned].filter((lane) => isSame && now.has(lane) && seats.holds(member, lane));
    const gone = [...assigned].filter((lane) => !now.has(lane));
    assigned.clear();
    for (const lane of now) assigned.add(lane);
    for (const lane of gone) void seats.release(member, lane);
    memberId = payload.memberId;
    isJoined = true;
    if (isClosing) return;
    for (const lane of now) {
      const next = kept.includes(lane) ? seats.next(member, lane) : null;
      // kafkajs begins again at what was committed. It may have been held, and sent on while there was no group.
      if (next !== null) member.fetchFrom(lane, next);
      else member.hold(lane);
      if (!kept.includes(lane)) seats.claim(member, lane);
    }
  }

  async function eachBatch({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    const lane = batch.partition;
    const fetched = fromBatch(batch);
    const offered = seats.offer(member, lane, fetched);
    if (offered === 'taken') {
      resolveOffset(String(fetched.base + fetched.records.length - 1));
      sentBack.delete(lane);
      await pace.pause();
    } else if (offered === 'nobody') member.hold(lane);
    else await sendBack(lane, offered.expected, fetched);
  }

  async function sendBack(lane: number, expected: number, { base }: LogBatch): Promise<void> {
    try {
      await parts.checkInside(lane, expected);
      if (sentBack.get(lane) === expected) throw hole(lane, expected, base);
      sentBack.set(lane, expected);
      if (isJoined && seats.next(member, lane) === expected) {
        consumer.seek({ topic, partition: lane, offset: String(expected) });
      }
    } catch (error) {
      if (error instanceof LaneStopped) seats.stop(member, lane, error);
      else logger.warn({ err: error, group, topic, lane }, 'a lane can’t be checked; it is tried again');
    }
  }

  function hole(lane: number, expected: number, base: number): LaneStopped {
    return new LaneStopped(
      'lane_gap',
      `Group ${group}: topic ${topic}, lane ${lane} holds no records from offset ${expected} to ${base - 1}. Somebody else writes there with transactions, or the topic is compacted: stop that, then run "millrace reset".`,
    );
  }

  async function run(): Promise<void> {
    await consumer.connect();
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: LANES_AT_ONCE,
      eachBatch,
    });
  }

  async function restart(reason: unknown): Promise<void> {
    for (let error = reason; !isClosing; ) {
      logger.warn({ err: error, group, topic }, 'a consumer has ended; it is started again');
      await clock.sleep(RESTART_PAUSE_MS);
      if (isClosing) return;
      try {
        // When it ends while starting it says so as it did before.
        await run();
        if (isClosing) await consumer.disconnect();
        return;
      } catch (failure) {
        error = failure;
      }
    }
  }

  consumer.on(consumer.events.GROUP_JOIN, onJoined);
  consumer.on(consumer.events.FETCH, pace.fetched);
  consumer.on(consumer.events.STOP, () => {
    isJoined = false;
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    isJoined = false;
    void restart(payload.error);
  });
  consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
    for (const { partitions } of payload.topics) {
      for (const { partition: lane, offset } of partitions) committed.set(lane, String(offset));
    }
  });
  // From the beginning: so that what kafkajs wipes can be told from a group without a position (`positions.ts`).
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await run();
  } catch (error) {
    // Whoever tries again joins with another one.
    isClosing = true;
    await consumer.disconnect().catch(() => {});
    throw error;
  }
  void nextTurn().then(started.resolve);
  return member;
}
