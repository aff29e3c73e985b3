import { LaneStopped } from './ports/log.ts';

/** What somebody can mend, or tell the lane to do without, while the process goes on. */
export const WAITING_CODES: ReadonlySet<string> = new Set(['state_lost', 'state_damaged']);

/**
 * Take-overs of lanes that may have to wait for a person: the lane is reported once as stopped, and then tried again
 * as after any failure, until it can be taken over.
 */
export function createWaitingLanes(
  onStopped: (lane: number, error: LaneStopped) => void,
): <T>(lane: number, takeOver: () => Promise<T>) => Promise<T> {
  const reported = new Map<number, string>();
  return async (lane, takeOver) => {
    try {
      const taken = await takeOver();
      reported.delete(lane);
      return taken;
    } catch (error) {
      if (!(error instanceof LaneStopped) || !WAITING_CODES.has(error.code)) throw error;
      if (reported.get(lane) !== error.code) onStopped(lane, error);
      reported.set(lane, error.code);
      throw new Error(`waits: ${error.message}`, { cause: error });
    }
  };
}
