import type { FusedStore, FusedTransaction } from '@millrace/lanes/ports/fused';
import type { SavedState } from '@millrace/lanes/ports/state';
import type { Broker } from './broker.ts';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';
import type { ResultServer } from './results.ts';

/** The disk of a fused run: what is here survives a crash. */
export interface FusedDisk {
  readonly states: Map<string, SavedState>;
}

export function createFusedDisk(): FusedDisk {
  return { states: new Map() };
}

/** Commits take this long to become durable, at most; a crash loses those that are not. Virtual milliseconds. */
const SYNC_MS = 60;

export function createFusedStore(
  network: Network,
  disk: FusedDisk,
  broker: Broker,
  results: ResultServer,
  process: SimulatedProcess,
): FusedStore {
  const { scheduler } = network;
  let lastDurableAt = 0;

  function apply({ states, rows, outputs }: FusedTransaction): void {
    for (const [key, { head, puts, deletes }] of states) {
      const old = disk.states.get(key);
      const entries = new Map(old?.entries);
      for (const name of deletes) entries.delete(name);
      for (const [name, value] of puts) entries.set(name, value.slice());
      disk.states.set(key, { number: (old?.number ?? 0) + 1, head, entries });
    }
    results.write(rows);
    for (const { topic, lane, records } of outputs)
      if (records.length > 0) broker.append(topic, lane, records);
  }

  return {
    load: () =>
      network.request(
        process,
        `${process.name} loads`,
        () => new Map(disk.states),
        (message) => new Error(message),
      ),
    // One disk, one order: a commit is durable after those before it, or, after a crash, not at all.
    commit: (transaction) =>
      new Promise((resolve) => {
        lastDurableAt = Math.max(lastDurableAt, scheduler.now() + scheduler.delay(SYNC_MS));
        scheduler.after(lastDurableAt - scheduler.now(), `${process.name} syncs`, () => {
          if (process.state === 'crashed') return;
          apply(transaction);
          process.deliver(resolve);
        });
      }),
    grown: (topic, timeoutMs) =>
      new Promise((resolve) => {
        const wake = () => process.deliver(resolve);
        for (let lane = 0; lane < broker.lanes; lane++) {
          broker.onGrowth(topic, lane, () => scheduler.after(1, `${topic} has grown`, wake));
        }
        scheduler.after(timeoutMs, 'grown waits no longer', wake);
      }),
  };
}
