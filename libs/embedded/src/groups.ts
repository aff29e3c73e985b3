import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@millrace/lanes/ports/clock';
import { type ConsumeOptions, type Consumer, type LaneReader, LaneStopped } from '@millrace/lanes/ports/log';
import type { Lanes } from './lanes.ts';

/** Records in one batch for a reader. */
const MAX_BATCH_RECORDS = 2_000;
/** Between a rejected batch and the next take-over; doubles up to the longest. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Groups of consumers in this process. Each lane of a (group, topic) has one seat, whose loop serves whichever
 * member the lane falls to, so that two readers of a lane never overlap.
 */
export interface Groups {
  join(options: ConsumeOptions): Consumer;
  /** Ends all members, after the batches under way. */
  close(): Promise<void>;
}

interface Seat {
  readonly lane: number;
  member: ConsumeOptions | null;
  reader: LaneReader | null;
  stopped: boolean;
  /** Resolves when the loop has ended; null: there is none. */
  loop: Promise<void> | null;
  /** Resolves when the member that is being served has been left. */
  serving: Promise<void>;
  /** Resolves when nothing of the reader that was released last is under way any more. */
  leaving: Promise<unknown>;
  /** Ends the wait under way. */
  wake(): void;
}

interface Group {
  readonly members: ConsumeOptions[];
  readonly seats: readonly Seat[];
}

export function createGroups(lanes: Lanes, laneCount: number, clock: Clock): Groups {
  const groups = new Map<string, Group>();

  function groupOf({ group: name, topic }: ConsumeOptions): Group {
    const id = JSON.stringify([name, topic]);
    let group = groups.get(id);
    if (!group) {
      const seats = Array.from({ length: laneCount }, (_, lane) => emptySeat(lane));
      group = { members: [], seats };
      groups.set(id, group);
    }
    return group;
  }

  function assign(group: Group): void {
    for (const seat of group.seats) {
      const member = group.members[seat.lane % group.members.length] ?? null;
      if (member === seat.member) continue;
      if (seat.reader) seat.leaving = Promise.resolve(seat.reader.released()).catch(() => {});
      seat.reader = null;
      seat.member = member;
      seat.wake();
      seat.loop ??= run(seat);
    }
  }

  async function run(seat: Seat): Promise<void> {
    // Not in the caller's turn: `consume` has not answered yet.
    await nextTurn();
    while (seat.member && !seat.stopped) {
      seat.serving = serve(seat, seat.member);
      await seat.serving;
      await seat.leaving;
    }
    seat.loop = null;
  }

  /** Until the lane goes to another member or stops. */
  async function serve(seat: Seat, member: ConsumeOptions): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (seat.member === member) {
      try {
        const reader = await member.takeOver(seat.lane);
        if (seat.member !== member) {
          seat.leaving = Promise.resolve(reader.released());
          return;
        }
        seat.reader = reader;
        await feed(seat, member, reader, () => {
          pauseMs = FIRST_PAUSE_MS;
        });
      } catch (error) {
        if (seat.member === member) seat.reader = null;
        if (error instanceof LaneStopped) {
          seat.stopped = true;
          member.onStopped(seat.lane, error);
          return;
        }
        if (seat.member === member) await pause(seat, pauseMs);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
  }

  async function feed(
    seat: Seat,
    { topic, group }: ConsumeOptions,
    reader: LaneReader,
    onTaken: () => void,
  ): Promise<void> {
    const { lane } = seat;
    let at = reader.from;
    let failure: Error | null = null;
    void reader.failed?.then((error) => {
      failure = error;
      if (seat.reader === reader) seat.wake();
    });
    while (seat.reader === reader) {
      if (failure !== null) throw failure;
      const { start, end } = lanes.bounds(topic, lane);
      if (at < start || at > end) {
        throw new LaneStopped(
          'lane_reset',
          `Group ${group} is at offset ${at} of ${topic}, lane ${lane}, which holds ${start} to ${end}: ` +
            'it was cut or replaced. Reset the pipeline, or restore the data folder.',
        );
      }
      if (at === end) {
        await growth(seat, topic, end);
        continue;
      }
      const { base, records } = lanes.read(topic, lane, at, MAX_BATCH_RECORDS);
      await reader.batch({ base, records, end });
      at = base + records.length;
      onTaken();
      // A reader that never waits for the disk would shut out the rest of the process.
      await nextTurn();
    }
  }

  function growth(seat: Seat, topic: string, end: number): Promise<void> {
    return new Promise((resolve) => {
      const wait = lanes.whenBeyond(topic, seat.lane, end, resolve);
      seat.wake = () => {
        wait.stop();
        resolve();
      };
    });
  }

  function pause(seat: Seat, ms: number): Promise<void> {
    return new Promise((resolve) => {
      seat.wake = resolve;
      void clock.sleep(ms).then(resolve);
    });
  }

  return {
    join(options) {
      // A member of its own, even when the caller passes the same options twice.
      const member = { ...options };
      const group = groupOf(member);
      group.members.push(member);
      assign(group);
      return {
        async close() {
          const held = group.seats.filter((seat) => seat.member === member);
          const index = group.members.indexOf(member);
          if (index >= 0) group.members.splice(index, 1);
          const settled = held.map((seat) => seat.serving);
          assign(group);
          await Promise.all([...settled, ...held.map((seat) => seat.leaving)]);
        },
      };
    },
    async close() {
      const loops = [...groups.values()].flatMap((group) => {
        group.members.length = 0;
        assign(group);
        return group.seats.map((seat) => seat.loop);
      });
      await Promise.all(loops);
    },
  };
}

function emptySeat(lane: number): Seat {
  return {
    lane,
    member: null,
    reader: null,
    stopped: false,
    loop: null,
    serving: Promise.resolve(),
    leaving: Promise.resolve(),
    wake: () => {},
  };
}
