import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { applyPatch } from '@millrace/testkit/plant';
import { huntAll, tableRow } from './hunt.ts';
import { plants } from './plants.ts';

const ROOT = new URL('../../', import.meta.url);
const SEEDS_MAX = 200;
const AT_ONCE = 2;

test('every planted bug fits the code as it is', () => {
  const faults = plants.flatMap((plant) => {
    try {
      applyPatch(readFileSync(new URL(plant.file, ROOT), 'utf8'), plant);
      return [];
    } catch (error) {
      return [`${plant.name}: ${(error as Error).message}`];
    }
  });
  expect(faults).toEqual([]);
  expect(new Set(plants.map(({ name }) => name)).size).toBe(plants.length);
});

test('every planted bug is found', async () => {
  const rows: string[] = [];
  const missed: string[] = [];
  await huntAll(plants, 1, SEEDS_MAX, AT_ONCE, (plant, found) => {
    rows.push(tableRow(plant, found));
    if (found === null) missed.push(plant.name);
  });
  process.stdout.write(`planted bug${' '.repeat(28)}seeds  rule\n${rows.sort().join('\n')}\n`);
  expect(missed).toEqual([]);
}, 1_200_000);
