import { expect, test } from '@jest/globals';
import { huntAll, tableRow } from './hunt.ts';
import { plants } from './plants.ts';

const SEEDS_MAX = 200;
const AT_ONCE = 2;

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
