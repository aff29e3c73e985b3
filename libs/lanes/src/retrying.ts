import { RETRY_PAUSE_MAX_MS, RETRY_PAUSE_MIN_MS } from './bounds.ts';
import type { Clock } from './ports/clock.ts';
import { LaneStopped } from './ports/log.ts';

/** The lane has gone to another owner while something was being tried. */
export class LaneReleased extends Error {
  override readonly name = 'LaneReleased';
}

/**
 * Tries until it works, with growing pauses: what is behind a port comes back. `LaneStopped` is not tried again.
 * @throws LaneReleased when the lane is over before it worked.
 */
export async function retrying<T>(
  options: { readonly clock: Clock; isOver(): boolean; onRetry?(error: unknown): void },
  attempt: () => Promise<T>,
): Promise<T> {
  for (let pauseMs = RETRY_PAUSE_MIN_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_PAUSE_MAX_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof LaneStopped || error instanceof TypeError) throw error;
      options.onRetry?.(error);
    }
    if (options.isOver()) throw new LaneReleased('the lane has gone to another owner');
    await options.clock.sleep(pauseMs);
    if (options.isOver()) throw new LaneReleased('the lane has gone to another owner');
  }
}
