import { expect, test } from '@jest/globals';
import { planOf } from '@millrace/testkit/plans';
import { POSITION_METADATA_BYTES_MAX } from './bounds.ts';
import type { Position } from './ports/log.ts';
import { takeOverState } from './saved-lane.ts';
import { loadPosition, savePosition } from './small-position.ts';
import type { WorkerOptions } from './worker-options.ts';

const metadata = JSON.stringify({ generation: 0, plan: 'test', small: {} });

function optionsOf(log: object, state: object): WorkerOptions {
  return { plan: planOf(), generation: 0, newToken: () => 'token', log, state } as unknown as WorkerOptions;
}

test('a position is inside the log although a former owner reads on while it is looked up', async () => {
  let end = 5;
  const log = {
    async committed(): Promise<Position> {
      await new Promise((resolve) => setImmediate(resolve));
      end++;
      return { offset: end, metadata };
    },
    bounds: async () => ({ start: 0, end }),
  };
  await expect(loadPosition(optionsOf(log, {}), 'g', 't', 0)).resolves.toEqual({ offset: 6, small: {} });
});

test('what no log keeps with a position stops the lane instead of being sent', async () => {
  const commits: Position[] = [];
  const log = {
    commit: async (_group: string, _topic: string, _lane: number, at: Position) => commits.push(at),
  };
  const save = (small: string) => savePosition(optionsOf(log, {}), 'g', 't', 0, 7, small);
  await save('');
  const room = POSITION_METADATA_BYTES_MAX - commits[0]!.metadata.length;
  await save('x'.repeat(room));
  expect(commits.map(({ offset }) => offset)).toEqual([7, 7]);
  await expect(save('x'.repeat(room + 1))).rejects.toMatchObject({ code: 'state_limit' });
  await expect(save(`ä${'x'.repeat(room - 1)}`)).rejects.toMatchObject({ code: 'state_limit' });
  expect(commits).toHaveLength(2);
});

/** Nothing is saved; `firstCommit` is there before the take-over, or comes from another owner right after it. */
function takeOver(firstCommit: 'before' | 'after') {
  let committed: Position | null = firstCommit === 'before' ? { offset: 1, metadata } : null;
  const log = { committed: async () => committed, bounds: async () => ({ start: 0, end: 1 }) };
  const store = {
    async takeOver() {
      committed = { offset: 1, metadata };
      return null;
    },
  };
  const state = { drain: () => undefined, restore: () => undefined, size: () => 0 };
  return takeOverState(optionsOf(log, store), { group: 'g', topic: 't', lane: 0, state });
}

test('a lane that was read before and has no state has lost it', async () => {
  await expect(takeOver('before')).rejects.toMatchObject({ code: 'state_lost' });
});

test('a lane that another owner begins to read meanwhile has lost nothing', async () => {
  await expect(takeOver('after')).resolves.toMatchObject({ from: 0, small: null });
});
