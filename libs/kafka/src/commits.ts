import type { Position } from '@millrace/lanes/ports/log';

/** Between two commits of a group's member. What was done since is processed again after a crash, and dropped. */
const PAUSE_MS = 100;

/** Positions of a member's lanes on their way to the group. */
export interface Commits {
  /** Resolves once it, or a later one of the lane, is committed. */
  commit(lane: number, position: Position): Promise<void>;
  /** From now on without pauses. */
  hurry(): void;
}

interface Waiting {
  position: Position;
  readonly waiters: PromiseWithResolvers<void>[];
}

/**
 * Commits all lanes' newest positions in one request, which costs as much as that of a single one.
 * @param send commits them; answers why it could not, for those lanes that were not committed.
 */
export function createCommits(
  send: (positions: ReadonlyMap<number, Position>) => Promise<ReadonlyMap<number, Error>>,
): Commits {
  let waiting = new Map<number, Waiting>();
  let isUnderWay = false;
  let isHurried = false;
  let lastMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;

  function schedule(): void {
    if (isUnderWay || waiting.size === 0 || timer !== null) return;
    const pauseMs = isHurried ? 0 : Math.max(0, lastMs + PAUSE_MS - performance.now());
    timer = setTimeout(flush, pauseMs);
  }

  async function flush(): Promise<void> {
    timer = null;
    isUnderWay = true;
    const taken = waiting;
    waiting = new Map();
    try {
      const refused = await send(new Map([...taken].map(([lane, { position }]) => [lane, position])));
      for (const [lane, { waiters }] of taken) settle(waiters, refused.get(lane) ?? null);
    } catch (error) {
      for (const { waiters } of taken.values()) settle(waiters, error as Error);
    }
    isUnderWay = false;
    lastMs = performance.now();
    schedule();
  }

  return {
    commit(lane, position) {
      const waiter = Promise.withResolvers<void>();
      const before = waiting.get(lane);
      if (before === undefined) waiting.set(lane, { position, waiters: [waiter] });
      else {
        before.position = position;
        before.waiters.push(waiter);
      }
      schedule();
      return waiter.promise;
    },
    hurry() {
      isHurried = true;
      if (timer === null) return;
      clearTimeout(timer);
      timer = null;
      schedule();
    },
  };
}

function settle(waiters: readonly PromiseWithResolvers<void>[], error: Error | null): void {
  for (const { resolve, reject } of waiters) {
    if (error === null) resolve();
    else reject(error);
  }
}
