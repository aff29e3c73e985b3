import { expect, test } from '@jest/globals';
import { hunt } from './hunt.ts';

const SEEDS = 100;

test.each([1, 101, 201, 301, 401])(
  `${SEEDS} seeds from %d on find no fault`,
  async (first) => {
    // The seed stands in what is found: npm run simulate -- --seed SEED --seeds 1
    expect((await hunt(first, SEEDS)).found).toBeNull();
  },
  600_000,
);

test('a seed repeats its run exactly', async () => {
  const [one, again, other] = await Promise.all([hunt(7, 2), hunt(7, 2), hunt(8, 2)]);
  expect(again).toEqual(one);
  expect(other.trace).not.toBe(one.trace);
}, 60_000);
