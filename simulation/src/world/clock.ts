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

/** For a moment a clock may be far ahead: by more than the kernel takes for the machines' differences. */
const JUMP = { aheadMs: 600_000, fromMs: 8_000, toMs: 9_000 } as const;

/** A process's wall clock: wrong by `skewMs`, as wall clocks are; one that `jumps` is far ahead for a second. */
export function createClock(
  network: Network,
  process: SimulatedProcess,
  skewMs: number,
  jumps = false,
): Clock {
  const { scheduler } = network;
  return {
    now() {
      const elapsed = scheduler.now();
      const ahead = jumps && elapsed >= JUMP.fromMs && elapsed < JUMP.toMs ? JUMP.aheadMs : 0;
      return EPOCH_MS + elapsed + skewMs + ahead;
    },
    sleep: (ms) =>
      new Promise((resolve) => scheduler.after(ms, `${process.name} wakes`, () => process.deliver(resolve))),
  };
}
