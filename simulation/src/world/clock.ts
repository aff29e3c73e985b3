import type { Clock } from '@millrace/lanes/ports/clock';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';

/** Where virtual time starts: a Sunday, so that no offset in it looks like a small number. */
export const EPOCH_MS = Date.UTC(2026, 1, 1);

/** A process's wall clock: wrong by `skewMs`, as wall clocks are. */
export function createClock(network: Network, process: SimulatedProcess, skewMs: number): Clock {
  const { scheduler } = network;
  return {
    now: () => EPOCH_MS + scheduler.now() + skewMs,
    sleep: (ms) =>
      new Promise((resolve) => scheduler.after(ms, `${process.name} wakes`, () => process.deliver(resolve))),
  };
}
