import {
  AppendError,
  type ConsumeOptions,
  type Consumer,
  type EventLog,
  type LaneReader,
  LaneStopped,
  type LogBatch,
  type LogRecord,
} from '@millrace/lanes/ports/log';
import type { Broker } from './broker.ts';
import type { Group } from './group.ts';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';

/** What goes wrong only in a log, besides the network's faults. Probabilities. */
export interface LogFaults {
  /** Only the first part of a batch lands, and the sender is told that it failed. */
  readonly prefix: number;
  /** The client sent the first part twice before it got through. */
  readonly doubled: number;
  /** The first batch after a take-over comes from another offset than was asked for. */
  readonly wrongFirst: number;
}

export const NO_LOG_FAULTS: LogFaults = { prefix: 0, doubled: 0, wrongFirst: 0 };

const PAUSE_MS = 300;

export interface LogWorld {
  readonly network: Network;
  readonly broker: Broker;
  group(name: string, topic: string): Group;
  faults(): LogFaults;
  /** Records per batch, at most. */
  readonly maxBatch: number;
}

/** The log as one process sees it. */
export function createEventLog(world: LogWorld, process: SimulatedProcess): EventLog {
  const { network, broker } = world;
  const { random } = network;
  const appendError = (message: string) => new AppendError(message);
  const plainError = (message: string) => new Error(message);
  const ask = <T>(name: string, act: () => T, failure = plainError) =>
    network.request(process, `${process.name} ${name}`, act, failure);

  return {
    async append(topic, lane, records) {
      const name = `append ${topic}/${lane} ${records.length}`;
      const fate = random.next();
      const { prefix, doubled } = world.faults();
      const part = records.slice(0, random.below(records.length));
      if (fate < prefix) {
        await ask(`${name} in part`, () => broker.append(topic, lane, part), appendError);
        throw new AppendError(`${name}: only ${part.length} are known to have been written`);
      }
      if (fate < prefix + doubled) broker.append(topic, lane, part);
      return ask(name, () => broker.append(topic, lane, [...records] as LogRecord[]), appendError);
    },
    consume: async (options) => createConsumer(world, process, options),
    committed: (group, topic, lane) =>
      ask(`committed ${group}/${lane}`, () => broker.committed(group, topic, lane)),
    commit: (group, topic, lane, position) =>
      ask(`commit ${group}/${lane} ${position.offset}`, () => broker.commit(group, topic, lane, position)),
    bounds: (topic, lane) => ask(`bounds ${topic}/${lane}`, () => broker.bounds(topic, lane)),
    read: (topic, lane, from, maxRecords) =>
      ask(`read ${topic}/${lane}`, () =>
        broker.read(topic, lane, from, random.between(1, Math.min(maxRecords, world.maxBatch))),
      ),
  };
}

/** A lane that this member holds, or believes that it holds. */
interface Lease {
  released: boolean;
  /** Ends a fetch that waits for records. */
  wake(): void;
  /** The same, with what went wrong between batches. */
  fail(error: Error): void;
  /** Resolves when nothing of the reader is under way any more. */
  leaving: void | Promise<void>;
  reader: LaneReader | null;
  ended: Promise<void>;
}

function createConsumer(world: LogWorld, process: SimulatedProcess, options: ConsumeOptions): Consumer {
  const { group: groupName, topic } = options;
  const group = world.group(groupName, topic);
  const leases = new Map<number, Lease>();
  const stopped = new Set<number>();
  const endings = new Map<number, Promise<void>>();

  const member = {
    process,
    assigned(lanes: ReadonlySet<number>) {
      for (const [lane, lease] of leases) if (!lanes.has(lane)) release(lane, lease);
      for (const lane of lanes) if (!leases.has(lane) && !stopped.has(lane)) take(lane);
    },
  };

  function release(lane: number, lease: Lease): void {
    leases.delete(lane);
    lease.released = true;
    lease.wake();
    lease.leaving = lease.reader?.released();
  }

  function take(lane: number): void {
    const lease: Lease = {
      released: false,
      wake: () => undefined,
      fail: () => undefined,
      leaving: undefined,
      reader: null,
      ended: Promise.resolve(),
    };
    const before = endings.get(lane) ?? Promise.resolve();
    lease.ended = before.then(() => hold(lane, lease));
    endings.set(lane, lease.ended);
    leases.set(lane, lease);
  }

  async function hold(lane: number, lease: Lease): Promise<void> {
    while (!lease.released) {
      try {
        const reader = await options.takeOver(lane);
        if (lease.released) lease.leaving = reader.released();
        else await feed(lane, lease, reader);
        await lease.leaving;
      } catch (error) {
        lease.reader = null;
        if (error instanceof LaneStopped) {
          stopped.add(lane);
          leases.delete(lane);
          options.onStopped(lane, error);
          return;
        }
        await pause();
      }
    }
  }

  async function feed(lane: number, lease: Lease, reader: LaneReader): Promise<void> {
    lease.reader = reader;
    let failure: Error | null = null;
    void reader.failed?.then((error) => {
      failure = error;
      lease.fail(error);
    });
    let at = reader.from;
    if (world.network.random.chance(world.faults().wrongFirst)) {
      at = world.broker.committed(groupName, topic, lane)?.offset ?? 0;
    }
    for (;;) {
      if (failure !== null) throw failure;
      const batch = await fetch(lane, lease, at);
      if (batch === null) return;
      await reader.batch(batch);
      at = batch.base + batch.records.length;
    }
  }

  function fetch(lane: number, lease: Lease, at: number): Promise<LogBatch | null> {
    const { scheduler, random } = world.network;
    const name = `${process.name} fetches ${topic}/${lane}`;
    return new Promise((resolve, reject) => {
      const look = () => {
        if (lease.released || process.state === 'crashed') return;
        const batch = world.broker.read(topic, lane, at, random.between(1, world.maxBatch));
        if (batch.records.length > 0)
          world.network.tell(process, name, () => resolve(lease.released ? null : batch));
        else world.broker.onGrowth(topic, lane, () => scheduler.after(scheduler.delay(10), name, look));
      };
      lease.wake = () => resolve(null);
      lease.fail = reject;
      if (lease.released) resolve(null);
      else scheduler.after(0, name, look);
    });
  }

  const pause = () =>
    new Promise<void>((resolve) => world.network.tell(process, `${process.name} pauses`, resolve, PAUSE_MS));

  group.join(member);
  return {
    async close() {
      group.leave(member);
      for (const [lane, lease] of leases) release(lane, lease);
      await Promise.all(endings.values());
    },
  };
}
