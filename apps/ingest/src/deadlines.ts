import type { Clock } from '@millrace/lanes/ports/clock';
import { Problem } from './problem.ts';

/** Bounds how long requests wait for the log, without a timer for each. */
export interface Deadlines {
  /** Settles as `appended` does. @throws Problem unavailable when it has not settled in time, or failed. */
  within(appended: Promise<void>): Promise<void>;
  /** Ends the waits whose time is over. */
  sweep(): void;
}

interface Wait {
  readonly deadline: number;
  readonly reject: (problem: Problem) => void;
}

export function createDeadlines(clock: Clock, limitMs: number): Deadlines {
  /** In the order of their deadlines. */
  const waits = new Set<Wait>();
  return {
    async within(appended) {
      const { promise: over, reject } = Promise.withResolvers<never>();
      const wait: Wait = { deadline: clock.now() + limitMs, reject };
      waits.add(wait);
      try {
        await Promise.race([appended, over]);
      } catch (error) {
        if (error instanceof Problem) throw error;
        throw new Problem('unavailable', `the log does not take the events: ${(error as Error).message}`);
      } finally {
        waits.delete(wait);
      }
    },
    sweep() {
      const now = clock.now();
      for (const wait of waits) {
        if (wait.deadline > now) break;
        wait.reject(
          new Problem('unavailable', `the log has not acknowledged the events within ${limitMs} ms`),
        );
      }
    },
  };
}
