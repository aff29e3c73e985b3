import type { Plan } from '@millrace/pipeline/plan';
import { type SavedState, StateDamaged, type StateStore } from './ports/state.ts';
import { isRebuild, REBUILD_HEAD, stateKey } from './saved-lane.ts';

export interface RebuildOptions {
  readonly plan: Plan;
  readonly generation: number;
  readonly state: StateStore;
  /** A random text, unique per take-over. */
  newToken(): string;
}

/** The stages that have large state. */
const STAGES = ['aggregate', 'merge'] as const;
/** A lane that is being taken over again and again all the time is told in a few tries. */
const TRIES_MAX = 20;

/**
 * Tells lanes to compute their state anew from where the log begins: those whose state is lost or damaged, or `all`.
 * The wish is a checkpoint of the lane's chain: whoever has the lane, or takes it over next, finds it and begins, and
 * the lane's own first checkpoint takes its place. A lane that never ran is told too, which changes nothing.
 * What the lane makes again is known to those who read it. What the log no longer holds is not made again: windows and
 * detectors that reach back further lack it.
 * @returns the keys of the lanes that were told.
 * @throws Error when the state store can't be reached: some may have been told; ask again.
 */
export async function askRebuild(
  options: RebuildOptions,
  { all = false }: { readonly all?: boolean } = {},
): Promise<readonly string[]> {
  const { plan, generation } = options;
  const told: string[] = [];
  for (const stage of STAGES) {
    for (let lane = 0; lane < plan.lanes; lane++) {
      const key = stateKey(`${plan.pipeline}.${stage}`, generation, lane);
      if (await tell(options, key, all)) told.push(key);
    }
  }
  return told;
}

/** To look is to take over: a living owner is refused once, and takes the lane over again. */
async function tell({ state, newToken }: RebuildOptions, key: string, all: boolean): Promise<boolean> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const token = newToken();
    const saved = await takeOver(state, key, token);
    if (saved !== null && (isRebuild(saved.head) || !all)) return false;
    // Never by removing what is there: a removal that arrives late would take the new chain with it.
    const base = saved?.number ?? 0;
    const deletes = [...(saved?.entries.keys() ?? [])];
    const wish = { token, base, head: REBUILD_HEAD, puts: new Map(), deletes };
    // Refused when the lane was taken over in between.
    if (await state.checkpoint(key, wish)) return true;
  }
  throw new Error(
    `${key} was taken over by others ${TRIES_MAX} times while it was told to rebuild; ask again`,
  );
}

async function takeOver(state: StateStore, key: string, token: string): Promise<SavedState | null> {
  try {
    return await state.takeOver(key, token);
  } catch (error) {
    if (!(error instanceof StateDamaged)) throw error;
    await state.remove(key);
    return state.takeOver(key, token);
  }
}
