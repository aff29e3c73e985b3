import type { Consumer, EventLog, LogBatch } from '@millrace/lanes/ports/log';

export interface FollowOptions {
  /** Where a lane's reader starts; default: what was committed, else 0. What it throws, the take-over rejects with. */
  from?(lane: number): number;
  /** Asked before each batch; true or an error: the batch rejects. */
  fail?(lane: number): boolean | Error;
  /** Commits after each batch. */
  readonly commit?: boolean;
  /** Batches wait until `letGo`. */
  readonly hold?: boolean;
  /** What a batch takes. */
  readonly delayMs?: number;
  /** Of the reader of a take-over: what goes wrong between its batches. */
  failed?(lane: number): Promise<Error>;
  /** A reader that is released commits what it has read, after a while. */
  readonly commitOnLeaving?: boolean;
}

/** A member of a group that notes what it is given, and what it should not have been given. */
export interface Following {
  /** Texts of the records of the lane that this member has taken, in order. */
  read(lane: number): readonly string[];
  ends(lane: number): readonly number[];
  takeOvers(lane: number): number;
  /** It was the last to take the lane over and has not been released. */
  holds(lane: number): boolean;
  released(lane: number): boolean;
  stopped(lane: number): Error | null;
  /** A batch is waiting for `letGo`. */
  holding(): boolean;
  holdingLane(lane: number): boolean;
  letGo(): void;
  /** Broken promises of the log: gaps, overlaps, batches after the end. */
  faults(): readonly string[];
  close(): Promise<void>;
}

/** How long a reader takes to leave. */
const LEAVING_MS = 50;

interface Followed {
  readonly read: string[];
  readonly ends: number[];
  takeOvers: number;
  held: boolean;
  released: boolean;
  stopped: Error | null;
}

export interface Followers {
  readonly group: string;
  readonly topic: string;
  /** Of all members in this process, per lane: batches under way, and readers that were released and still at work. */
  readonly busy: Map<number, number>;
  readonly leaving: Map<number, number>;
}

export async function followLanes(
  log: EventLog,
  { group, topic, busy, leaving }: Followers,
  options: FollowOptions,
): Promise<Following> {
  const lanes = new Map<number, Followed>();
  const faults: string[] = [];
  const gates: (() => void)[] = [];
  let open = !options.hold;

  const busyWith = (lane: number) => busy.get(lane) ?? 0;

  function laneOf(lane: number): Followed {
    let followed = lanes.get(lane);
    if (!followed) {
      followed = { read: [], ends: [], takeOvers: 0, held: false, released: false, stopped: null };
      lanes.set(lane, followed);
    }
    return followed;
  }

  async function take(lane: number, batch: LogBatch): Promise<void> {
    if (!open) await new Promise<void>((resolve) => gates.push(resolve));
    if (options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
    const failure = options.fail?.(lane);
    if (failure) throw failure === true ? new Error('the reader fails on purpose') : failure;
    const followed = laneOf(lane);
    for (const { value } of batch.records) followed.read.push(Buffer.from(value).toString());
    followed.ends.push(batch.end);
    const offset = batch.base + batch.records.length;
    if (options.commit) await log.commit(group, topic, lane, { offset, metadata: 'read' });
  }

  const consumer: Consumer = await log.consume({
    group,
    topic,
    async takeOver(lane) {
      const followed = laneOf(lane);
      followed.takeOvers++;
      if (busyWith(lane) > 0) faults.push(`lane ${lane} was taken over while a batch was under way`);
      if ((leaving.get(lane) ?? 0) > 0) faults.push(`lane ${lane} was taken over before its reader had left`);
      const committed = await log.committed(group, topic, lane);
      let next = options.from ? options.from(lane) : (committed?.offset ?? 0);
      followed.held = true;
      followed.released = false;
      let over = false;
      return {
        from: next,
        async batch(batch) {
          if (over) faults.push(`lane ${lane} got a batch after its reader had ended`);
          if (batch.base !== next) faults.push(`lane ${lane} got ${batch.base} where ${next} comes next`);
          if (batch.records.length === 0) faults.push(`lane ${lane} got an empty batch`);
          if (busyWith(lane) > 0) faults.push(`lane ${lane} got two batches at once`);
          busy.set(lane, busyWith(lane) + 1);
          try {
            await take(lane, batch);
            next = batch.base + batch.records.length;
          } catch (error) {
            over = true;
            throw error;
          } finally {
            busy.set(lane, busyWith(lane) - 1);
          }
        },
        ...(options.failed && { failed: options.failed(lane) }),
        async released() {
          over = true;
          followed.held = false;
          followed.released = true;
          leaving.set(lane, (leaving.get(lane) ?? 0) + 1);
          if (options.commitOnLeaving) {
            await new Promise((resolve) => setTimeout(resolve, LEAVING_MS));
            await log.commit(group, topic, lane, { offset: next, metadata: 'left' });
          }
          leaving.set(lane, leaving.get(lane)! - 1);
        },
      };
    },
    onStopped(lane, error) {
      laneOf(lane).stopped = error;
      laneOf(lane).held = false;
    },
  });

  function letGo(): void {
    open = true;
    for (const pass of gates.splice(0)) pass();
  }

  let closing: Promise<void> | null = null;
  return {
    read: (lane) => laneOf(lane).read,
    ends: (lane) => laneOf(lane).ends,
    takeOvers: (lane) => laneOf(lane).takeOvers,
    holds: (lane) => laneOf(lane).held,
    released: (lane) => laneOf(lane).released,
    stopped: (lane) => laneOf(lane).stopped,
    holding: () => gates.length > 0,
    holdingLane: (lane) => gates.length > 0 && busyWith(lane) > 0,
    letGo,
    faults: () => faults,
    close() {
      closing ??= consumer.close();
      return closing;
    },
  };
}
