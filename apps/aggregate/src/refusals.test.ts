import { expect, test } from '@jest/globals';
import { REFUSALS_MAX, Refusals } from './refusals.ts';

/** A copy by way of what is saved, given back in another order. */
function restored(refusals: Refusals, saved: Map<string, Uint8Array>): Refusals {
  refusals.drain({ put: (key, value) => saved.set(key, value), remove: (key) => saved.delete(key) });
  const copy = new Refusals();
  for (const [key, value] of [...saved].reverse()) copy.restore(key, value);
  return copy;
}

test('what waits is answered once; what came before is not known', () => {
  const refusals = new Refusals();
  refusals.begin(5);
  refusals.begin(6);
  refusals.note(6);
  expect([4, 5, 6, 6, 7].map((seq) => refusals.isAnswered(seq))).toEqual([false, true, false, true, true]);
});

test('more than it holds are forgotten, the oldest first, also by one that was saved', () => {
  let refusals = new Refusals();
  const saved = new Map<string, Uint8Array>();
  refusals.begin(0);
  for (let seq = 0; seq < REFUSALS_MAX; seq++) refusals.note(2 * seq);
  expect(refusals.isAnswered(1)).toBe(true);
  refusals = restored(refusals, saved);
  expect(refusals.size()).toBe(REFUSALS_MAX + 1);
  refusals.note(2 * REFUSALS_MAX);
  refusals = restored(refusals, saved);
  expect(refusals.size()).toBe(REFUSALS_MAX / 2 + 1);
  expect(saved.size).toBe(REFUSALS_MAX / 2 + 1);
  // It waits again for nothing: forgotten ones are as if they had come before.
  expect(refusals.isAnswered(REFUSALS_MAX)).toBe(false);
  expect(refusals.isAnswered(REFUSALS_MAX)).toBe(false);
  expect(refusals.isAnswered(REFUSALS_MAX + 1)).toBe(true);
  expect(refusals.isAnswered(REFUSALS_MAX + 2)).toBe(false);
  expect(refusals.isAnswered(REFUSALS_MAX + 2)).toBe(true);
});
