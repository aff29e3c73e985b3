import { expect, test } from '@jest/globals';
import { createRandom } from '@millrace/simulation/random';
import { Partitioners } from 'kafkajs';
import { LANES, WINDOW_MS } from './document.ts';
import { closingSales, SLICE_HOURS, saleAt, sliceStart } from './sale.ts';

test('a seed repeats its sales, all within their slice', () => {
  const sales = (seed: number) => {
    const random = createRandom(seed);
    return Array.from({ length: 1_000 }, (_, i) => saleAt(3, i, random));
  };
  expect(sales(1)).toEqual(sales(1));
  expect(sales(1)).not.toEqual(sales(2));
  const times = sales(1).map(({ at }) => at);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(sliceStart(3));
  expect(() => saleAt(3, 1_000_000, createRandom(1))).toThrow('slice 3 is full');
});

test('what closes a slice reaches every lane, and is beyond what its events may use', () => {
  const laneOf = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: LANES }, (_, partitionId) => ({
    ...{ partitionId, leader: 0, partitionErrorCode: 0, replicas: [], isr: [] },
  }));
  const lanes = closingSales(3).map(({ card }) =>
    laneOf({ topic: 't', partitionMetadata, message: { key: card, value: null } }),
  );
  expect(new Set(lanes).size).toBe(LANES);
  const { at } = closingSales(3)[0]!;
  expect(at).toBeGreaterThan(sliceStart(3) + SLICE_HOURS * 3_600_000 + WINDOW_MS);
  expect(at).toBeLessThan(sliceStart(4));
});
