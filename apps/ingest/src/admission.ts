import type { Bounds } from './bounds.ts';
import type { Priority } from './intake.ts';

type Limits = Pick<Bounds, 'waitingRecordsMax' | 'waitingBytesMax' | 'lowShare' | 'normalShare'>;

/**
 * Decides, before the write, whether one more event may wait for the log. Each priority has its share of the
 * bounds, so that `low` events are refused first and `high` ones last.
 */
export interface Admission {
  admits(priority: Priority, records: number, bytes: number): boolean;
}

/** `waiting`: what waits already; `records` and `bytes` of `admits`: what the request at hand adds. */
export function createAdmission(
  limits: Limits,
  waiting: { readonly records: number; readonly bytes: number },
): Admission {
  const shares: Readonly<Record<Priority, number>> = {
    low: limits.lowShare,
    normal: limits.normalShare,
    high: 1,
  };
  return {
    admits(priority, records, bytes) {
      const share = shares[priority];
      return (
        waiting.records + records <= limits.waitingRecordsMax * share &&
        waiting.bytes + bytes <= limits.waitingBytesMax * share
      );
    },
  };
}
