import { LaneStopped, type Position } from './ports/log.ts';
import { type SavedState, StateDamaged } from './ports/state.ts';
import { checkInside, checkPlan } from './small-position.ts';
import type { LaneState } from './stage.ts';
import { drainChanges } from './state-changes.ts';
import type { WorkerOptions } from './worker-options.ts';

/** What a lane with large state saves in its checkpoint's head. `S` is its own part. */
interface Head<S> {
  readonly generation: number;
  readonly plan: string;
  readonly offset: number;
  readonly small: S;
}

/** The head of a chain that only says: compute the state anew from where the log begins (`rebuild.ts`). */
export const REBUILD_HEAD = JSON.stringify({ rebuild: true });

export function isRebuild(head: string): boolean {
  return head === REBUILD_HEAD;
}

/** Under which a lane's state is saved. */
export function stateKey(group: string, generation: number, lane: number): string {
  return `${group}/${generation}/${lane}`;
}

/** A lane's chain of checkpoints, held by one take-over. */
export interface SavedLane<S> {
  readonly from: number;
  readonly small: S | null;
  /** @throws Error when another take-over holds the chain, or the store went back: take over anew. */
  save(offset: number, small: S): Promise<void>;
}

export interface SavedLaneOptions {
  readonly group: string;
  readonly topic: string;
  readonly lane: number;
  readonly state: LaneState;
}

/**
 * Takes a lane's state over and restores it.
 * @throws LaneStopped `state_lost`: there is no state although the lane has been read before; `state_damaged`: there
 * is a part of one.
 */
export async function takeOverState<S>(
  options: WorkerOptions,
  lane: SavedLaneOptions,
): Promise<SavedLane<S>> {
  const { state: store, log, plan, generation } = options;
  const key = stateKey(lane.group, generation, lane.lane);
  const token = options.newToken();
  // First, since a former owner may go on meanwhile: what was committed by now had been saved before it.
  const committed = await log.committed(lane.group, lane.topic, lane.lane);
  const saved = await takeChainOver(options, lane, key, token);
  const bounds = await log.bounds(lane.topic, lane.lane);
  let number = 0;
  let from = bounds.start;
  let small: S | null = null;
  if (saved === null) checkNew(options, lane, bounds.start, committed);
  else if (isRebuild(saved.head)) number = saved.number;
  else {
    const head = JSON.parse(saved.head) as Head<S>;
    checkInside(lane.group, lane.topic, lane.lane, head.offset, bounds);
    checkPlan(plan, head.plan, lane.topic, lane.lane, head.offset, bounds.end);
    for (const [entry, value] of saved.entries) lane.state.restore(entry, value);
    number = saved.number;
    from = head.offset;
    small = head.small;
  }
  return {
    from,
    small,
    async save(offset, newSmall) {
      const head: Head<S> = { generation, plan: plan.hash, offset, small: newSmall };
      const checkpoint = { token, base: number, head: JSON.stringify(head), ...drainChanges(lane.state) };
      if (!(await store.checkpoint(key, checkpoint))) {
        throw new Error(
          `${lane.group}, lane ${lane.lane}: another owner has taken the state over, or the store went back`,
        );
      }
      number++;
      // For lag measures and the check above; the checkpoint is what counts.
      await log.commit(lane.group, lane.topic, lane.lane, {
        offset,
        metadata: JSON.stringify({ generation }),
      });
    },
  };
}

async function takeChainOver(
  { state }: WorkerOptions,
  { group, lane }: SavedLaneOptions,
  key: string,
  token: string,
): Promise<SavedState | null> {
  try {
    return await state.takeOver(key, token);
  } catch (error) {
    if (!(error instanceof StateDamaged)) throw error;
    throw new LaneStopped('state_damaged', `${group}, lane ${lane}: ${error.message}. ${REMEDY}`);
  }
}

/** What goes on by itself once it is done. */
const REMEDY =
  'Restore the state store; or have the lane computed again from what the log still holds: "millrace rebuild FILE".';

function checkNew(
  options: WorkerOptions,
  lane: SavedLaneOptions,
  start: number,
  committed: Position | null,
): void {
  const before =
    committed !== null &&
    committed.metadata !== '' &&
    generationOf(committed.metadata) === options.generation;
  if (start === 0 && !before) return;
  throw new LaneStopped(
    'state_lost',
    `${lane.group} has no saved state for lane ${lane.lane}, although ${before ? `it has read ${lane.topic} up to ${committed.offset}` : `${lane.topic} begins at ${start}`}: the state store was emptied, or is another one. ${REMEDY}`,
  );
}

function generationOf(metadata: string): unknown {
  return (JSON.parse(metadata) as { readonly generation?: unknown }).generation;
}
