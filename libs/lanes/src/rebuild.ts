import type { Plan } from '@millrace/pipeline/plan';
import { StateDamaged, type StateStore } from './ports/state.ts';
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
 * The wish is the first checkpoint of a new chain: whoever has the lane, or takes it over next, finds it and begins,
 * and the lane's own first checkpoint takes its place. A lane that never ran is told too, which changes nothing.
 * What the lane makes again is known to those who read it. What the log no longer holds is not made again: windows and
 * detectors that reach back further lack it.
 * @returns the keys of the lanes that were told.
 * @throws Error when the state store can't be reached: some may have been told; ask again.
 */
export async function askRebuild(
  options: RebuildOptions,
  { all = false }: { readonly all?: boolean } = {},
): Promise<readonly string[]> {
  const { plan, generation, state } = options;
  const told: string[] = [];
  for (const stage of STAGES) {
    for (let lane = 0; lane < plan.lanes; lane++) {
      const key = stateKey(`${plan.pipeline}.${stage}`, generation, lane);
      if (!all && (await isSaved(state, key, options.newToken()))) continue;
      await tell(options, key);
      told.push(key);
    }
  }
  return told;
}

/** To look is to take over: a living owner is refused once, and takes the lane over again. */
async function isSaved(state: StateStore, key: string, token: string): Promise<boolean> {
  try {
    const saved = await state.takeOver(key, token);
    return saved !== null && !isRebuild(saved.head);
  } catch (error) {
    if (error instanceof StateDamaged) return false;
    throw error;
  }
}

async function tell({ state, newToken }: RebuildOptions, key: string): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    await state.remove(key);
    const token = newToken();
    await state.takeOver(key, token);
    const wish = { token, base: 0, head: REBUILD_HEAD, puts: new Map(), deletes: [] };
    // Refused when the lane was taken over in between.
    if (await state.checkpoint(key, wish)) return;
  }
  throw new Error(
    `${key} was taken over by others ${TRIES_MAX} times while it was told to rebuild; ask again`,
  );
}
