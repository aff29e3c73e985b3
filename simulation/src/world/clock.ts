import type { Clock } from '@millrace/lanes/ports/clock';
import type { Random } from '../random.ts';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';

/** Where virtual time starts: a Sunday, so that no offset in it looks like a small number. */
export const EPOCH_MS = Date.UTC(2026, 1, 1);

const SKEW_MS = 300;
const BAD_SKEW_MS = 5000;

/** How wrong a machine's clock is: mostly a little, now and then by seconds. */
export function chooseSkew(random: Random): number {
  const most = random.chance(0.15) ? BAD_SKEW_MS : SKEW_MS;
  return random.between(-most, most);
}

/** A process's wall clock: wrong by `skewMs`, as wall clocks are. */
export function createClock(network: Network, process: SimulatedProcess, skewMs: number): Clock {
  const { scheduler } = network;
  return {
    now: () => EPOCH_MS + scheduler.now() + skewMs,
    sleep: (ms) =>
      new Promise((resolve) => scheduler.after(ms, `${process.name} wakes`, () => process.deliver(resolve))),
  };
}
