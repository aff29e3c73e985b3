// `npm run simulate -- --seeds N [--seed FIRST] [--plant NAME]`: runs N seeds and stops at the first that finds a
// fault. With --plant, one of the planted bugs is in the code, and it is to be found.
import { parseArgs } from 'node:util';
import { hunt } from './hunt.ts';
import { plants } from './plants.ts';
import { simulateSafely } from './simulate.ts';

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
  for (let seed = first; seed < first + seeds; seed++) {
    const { faults } = await simulateSafely(seed);
    if (faults.length === 0) continue;
    console.log(
      `seed ${seed}:\n  ${faults.join('\n  ')}\nAgain: npm run simulate -- --seed ${seed} --seeds 1`,
    );
    return 1;
  }
  console.log(
    `${seeds} seeds from ${first} on, no fault, ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  return 0;
}

async function plantAndRun(name: string): Promise<number> {
  const plant = plants.find((candidate) => candidate.name === name);
  if (plant === undefined) {
    console.error(`simulate: no plant ${name} (there are ${plants.map((each) => each.name).join(', ')})`);
    return 2;
  }
  const found = await hunt(plant, first, seeds);
  console.log(
    found === null
      ? `${name}: not found in ${seeds} seeds`
      : `${name}: found by seed ${found.seed}\n  ${found.fault}`,
  );
  return found === null ? 1 : 0;
}
