import { expect, test } from '@jest/globals';
import { PACE_MS } from './client-settings.ts';
import { createFetchPace } from './fetch-pace.ts';

test('only a fetch that follows another at once makes the next one wait, for all handlers alike', async () => {
  const pace = createFetchPace();
  pace.fetched();
  expect([pace.pause(), pace.pause()]).toEqual([undefined, undefined]);
  const startedMs = performance.now();
  pace.fetched();
  const pause = pace.pause();
  expect(pause).toBeInstanceOf(Promise);
  expect(pace.pause()).toBe(pause);
  await pause;
  // A timer may be early by a part of a millisecond.
  while (performance.now() - startedMs < PACE_MS) await new Promise((resolve) => setTimeout(resolve, 1));
  pace.fetched();
  expect(pace.pause()).toBeUndefined();
});
