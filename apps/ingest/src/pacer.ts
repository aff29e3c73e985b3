import type { Clock } from '@millrace/lanes/ports/clock';

/** After a pause of ours the rate goes on as before: what was missed is not sent in a burst. */
const CATCH_UP_MS = 200;
const MS_PER_SECOND = 1_000;

export interface Pacer {
  /** How many events may go now: 1 … `max`. Waits until there is one; 0: `isOver` came true meanwhile. */
  take(max: number): Promise<number>;
}

/** Spreads events evenly over time. @param perSecond Infinity: no pace. */
export function createPacer(clock: Clock, perSecond: number, stepMs: number, isOver: () => boolean): Pacer {
  if (perSecond === Number.POSITIVE_INFINITY) return { take: async (max) => max };
  const msPerEvent = MS_PER_SECOND / perSecond;
  /** When the next event is due. */
  let due = clock.now();
  return {
    async take(max) {
      for (;;) {
        const now = clock.now();
        due = Math.max(due, now - Math.max(CATCH_UP_MS, msPerEvent));
        const allowed = Math.min(max, Math.floor((now - due) / msPerEvent));
        if (allowed >= 1) {
          due += allowed * msPerEvent;
          return allowed;
        }
        if (isOver()) return 0;
        await clock.sleep(Math.min(MS_PER_SECOND, Math.max(stepMs, due + msPerEvent - now)));
      }
    },
  };
}
