import type { Clock } from '@millrace/lanes/ports/clock';
import { type ConsumeOptions, type LaneReader, LaneStopped, type LogBatch } from '@millrace/lanes/ports/log';
import { LaneBuffer } from './lane-buffer.ts';

/** Between a rejected batch and the next take-over; doubles up to the longest. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** A member of a group in this process, as its lanes' seats see it. */
export interface Member {
  readonly options: ConsumeOptions;
  /** Resolves once `consume` has answered: no lane is taken over before. */
  readonly started: Promise<void>;
  /** Has the lane fetched from the offset on. */
  fetchFrom(lane: number, offset: number): void;
  hold(lane: number): void;
  resume(lane: number): void;
}

/** A lane given to a member, until it goes elsewhere: of two, only one is current. */
interface Tenure {
  readonly member: Member;
}

interface Seat {
  readonly lane: number;
  tenure: Tenure | null;
  reader: LaneReader | null;
  buffer: LaneBuffer | null;
  stopped: boolean;
  /** Resolves when the loop has ended; null: there is none. */
  loop: Promise<void> | null;
  /** Resolves when the tenure that is being served has been left. */
  serving: Promise<void>;
  /** Resolves when nothing of the reader that was released last is under way any more. */
  leaving: Promise<unknown>;
  /** Ends the pause under way. */
  wake(): void;
}

export type Offered = 'taken' | 'nobody' | { readonly expected: number };

/**
 * Each lane of a (group, topic) has one seat in this process, whose loop serves the member that the lane falls to:
 * so a take-over waits for the batch that the former reader holds, though the group has moved on without it.
 */
export interface Seats {
  /** The lane falls to the member; whoever had it has lost it. */
  claim(member: Member, lane: number): void;
  /** The lane has gone from the member. Resolves when its batch under way has settled. */
  release(member: Member, lane: number): Promise<void>;
  holds(member: Member, lane: number): boolean;
  /** The offset that is to be fetched next; null: nothing yet. */
  next(member: Member, lane: number): number | null;
  offer(member: Member, lane: number, batch: LogBatch): Offered;
  /** Ends the lane in this process. */
  stop(member: Member, lane: number, error: LaneStopped): void;
}

export function createSeats(
  checkInside: (options: ConsumeOptions, lane: number, offset: number) => Promise<void>,
  clock: Clock,
): Seats {
  const seats = new Map<string, Seat>();

  function seatOf({ options: { group, topic } }: Member, lane: number): Seat {
    const id = JSON.stringify([group, topic, lane]);
    let seat = seats.get(id);
    if (!seat) {
      seat = emptySeat(lane);
      seats.set(id, seat);
    }
    return seat;
  }

  function vacate(seat: Seat): void {
    seat.tenure = null;
    if (seat.reader) seat.leaving = Promise.resolve(seat.reader.released()).catch(() => {});
    seat.reader = null;
    seat.buffer?.close();
    seat.buffer = null;
    seat.wake();
  }

  async function run(seat: Seat): Promise<void> {
    while (seat.tenure && !seat.stopped) {
      seat.serving = serve(seat, seat.tenure);
      await seat.serving;
      await seat.leaving;
    }
    seat.loop = null;
  }

  /** Until the lane goes to another tenure or stops. */
  async function serve(seat: Seat, tenure: Tenure): Promise<void> {
    const { lane } = seat;
    const { options } = tenure.member;
    const isCurrent = () => seat.tenure === tenure;
    let pauseMs = FIRST_PAUSE_MS;
    await tenure.member.started;
    while (isCurrent()) {
      try {
        const reader = await options.takeOver(lane);
        if (!isCurrent()) {
          seat.leaving = Promise.resolve(reader.released());
          return;
        }
        seat.reader = reader;
        await checkInside(options, lane, reader.from);
        if (!isCurrent()) return;
        await feed(seat, tenure, reader, () => {
          pauseMs = FIRST_PAUSE_MS;
        });
      } catch (error) {
        if (isCurrent()) leaveReader(seat, tenure);
        if (error instanceof LaneStopped) {
          seat.stopped = true;
          options.onStopped(lane, error);
          return;
        }
        if (isCurrent()) await pause(seat, pauseMs);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
  }

  async function feed(
    seat: Seat,
    { member }: Tenure,
    reader: LaneReader,
    onTaken: () => void,
  ): Promise<void> {
    const { lane } = seat;
    const buffer = new LaneBuffer(reader.from);
    seat.buffer = buffer;
    void reader.failed?.then((error) => buffer.fail(error));
    member.fetchFrom(lane, reader.from);
    for (;;) {
      const batch = await buffer.take();
      if (batch === null) return;
      member.resume(lane);
      await reader.batch(batch);
      onTaken();
    }
  }

  function leaveReader(seat: Seat, { member }: Tenure): void {
    member.hold(seat.lane);
    seat.reader = null;
    seat.buffer = null;
  }

  function pause(seat: Seat, ms: number): Promise<void> {
    return new Promise((resolve) => {
      seat.wake = resolve;
      void clock.sleep(ms).then(resolve);
    });
  }

  return {
    claim(member, lane) {
      const seat = seatOf(member, lane);
      vacate(seat);
      seat.tenure = { member };
      seat.loop ??= run(seat);
    },
    async release(member, lane) {
      const seat = seatOf(member, lane);
      if (seat.tenure?.member !== member) return;
      vacate(seat);
      await seat.serving;
      await seat.leaving;
    },
    holds: (member, lane) => seatOf(member, lane).tenure?.member === member,
    next(member, lane) {
      const { tenure, buffer } = seatOf(member, lane);
      return tenure?.member === member ? (buffer?.next ?? null) : null;
    },
    offer(member, lane, batch) {
      const { tenure, buffer } = seatOf(member, lane);
      if (tenure?.member !== member || buffer === null) return 'nobody';
      if (!buffer.offer(batch)) return { expected: buffer.next };
      if (buffer.isFull) member.hold(lane);
      return 'taken';
    },
    stop(member, lane, error) {
      const { tenure, buffer } = seatOf(member, lane);
      if (tenure?.member === member) buffer?.fail(error);
    },
  };
}

function emptySeat(lane: number): Seat {
  return {
    lane,
    tenure: null,
    reader: null,
    buffer: null,
    stopped: false,
    loop: null,
    serving: Promise.resolve(),
    leaving: Promise.resolve(),
    wake: () => {},
  };
}
