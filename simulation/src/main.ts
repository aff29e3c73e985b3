// `npm run simulate -- --seeds N [--seed FIRST] [--plant NAME]`: runs N seeds and stops at the first that finds a
// fault. With --plant, one of the planted bugs (or each of them: `all`) is in the code, and it is to be found.
import { parseArgs } from 'node:util';
import { huntAll, tableRow } from './hunt.ts';
import { plants } from './plants.ts';
import { type Sought, seek } from './seeds.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    plant: { type: 'string' },
  },
});
const [seeds, first] = [Number(values.seeds), Number(values.seed)];
if (!Number.isSafeInteger(seeds) || !Number.isSafeInteger(first)) {
  console.error('simulate: --seeds and --seed are whole numbers');
  process.exit(2);
}
process.exitCode = values.plant === undefined ? await run() : await plantAndRun(values.plant);

async function run(): Promise<number> {
  const started = performance.now();
  const { found } = await seek(first, seeds);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (found === null) {
    console.log(`${seeds} seeds from ${first} on: no fault (${seconds} s)`);
    return 0;
  }
  const { seed, faults } = found;
  console.log(`seed ${seed}:\n  ${faults.join('\n  ')}\nAgain: npm run simulate -- --seed ${seed} --seeds 1`);
  return 1;
}

async function plantAndRun(name: string): Promise<number> {
  const chosen = name === 'all' ? plants : plants.filter((plant) => plant.name === name);
  if (chosen.length === 0) {
    console.error(`simulate: no plant ${name} (there are ${plants.map((plant) => plant.name).join(', ')})`);
    return 2;
  }
  const results: Sought['found'][] = [];
  await huntAll(chosen, first, seeds, 1, (plant, found) => {
    results.push(found);
    console.log(tableRow(plant, found));
    if (name !== 'all' && found !== null) console.log(`  ${found.faults[0]}`);
  });
  return results.includes(null) ? 1 : 0;
}
