import { expect, test } from '@jest/globals';
import { planOf } from '@millrace/testkit/plans';
import { type Checkpoint, type SavedState, StateDamaged, type StateStore } from './ports/state.ts';
import { askRebuild } from './rebuild.ts';
import { isRebuild } from './saved-lane.ts';

const plan = planOf({ pipeline: 'payments', lanes: 2 });
const FIRST = 'payments.aggregate/3/0';
const ALL = ['payments.aggregate/3/0', 'payments.aggregate/3/1', 'payments.merge/3/0', 'payments.merge/3/1'];

/** A chain in memory, and what was asked of it. */
function chains() {
  const lanes = new Map<string, { token: string; saved: SavedState | null; damaged?: boolean }>();
  const removed: string[] = [];
  const state: StateStore = {
    async takeOver(key, token) {
      const lane = lanes.get(key);
      lanes.set(key, { saved: null, ...lane, token });
      if (lane?.damaged) throw new StateDamaged('one entry is missing');
      return lane?.saved ?? null;
    },
    async checkpoint(key, { token, base, head, puts, deletes }: Checkpoint) {
      const lane = lanes.get(key);
      if (lane === undefined || lane.token !== token || (lane.saved?.number ?? 0) !== base) return false;
      const entries = new Map([...(lane.saved?.entries ?? []), ...puts]);
      for (const name of deletes) entries.delete(name);
      lanes.set(key, { token, saved: { number: base + 1, head, entries } });
      return true;
    },
    async remove(key) {
      removed.push(key);
      lanes.delete(key);
    },
  };
  let tokens = 0;
  const options = { plan, generation: 3, state, newToken: () => `operator ${tokens++}` };
  return { lanes, removed, options, state };
}

const SAVED: SavedState = { number: 7, head: '{}', entries: new Map([['a', Uint8Array.of(1)]]) };

test('who has no state is told, once; who has one is left alone', async () => {
  const { lanes, options, removed } = chains();
  lanes.set(FIRST, { token: 'owner', saved: SAVED });
  expect(await askRebuild(options)).toEqual(ALL.slice(1));
  expect(lanes.get(FIRST)!.saved).toBe(SAVED);
  expect(await askRebuild(options)).toEqual([]);
  // A removal that arrives late would take with it what the lane has saved since.
  expect(removed).toEqual([]);
});

test('told all, a lane goes on in its chain, without what it held', async () => {
  const { lanes, options, removed, state } = chains();
  lanes.set(FIRST, { token: 'owner', saved: SAVED });
  expect(await askRebuild(options, { all: true })).toEqual(ALL);
  const { number, head, entries } = lanes.get(FIRST)!.saved!;
  expect([number, isRebuild(head), entries.size]).toEqual([8, true, 0]);
  expect(removed).toEqual([]);
  const late = { token: 'owner', base: 7, head: '{}', puts: new Map(), deletes: [] };
  expect(await state.checkpoint(FIRST, late)).toBe(false);
});

test('what is damaged is replaced', async () => {
  const { lanes, options, removed } = chains();
  for (const key of ALL) lanes.set(key, { token: 'owner', saved: SAVED });
  lanes.set(FIRST, { token: 'owner', saved: SAVED, damaged: true });
  expect(await askRebuild(options)).toEqual([FIRST]);
  expect(lanes.get(FIRST)!.saved).toMatchObject({ number: 1 });
  expect(removed).toEqual([FIRST]);
});
