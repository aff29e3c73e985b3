// Runs seeds until one finds a fault and prints it as JSON, or `null`: `node hunter.ts FIRST SEEDS`.
import { simulateSafely } from './simulate.ts';

const [first = 1, seeds = 1] = process.argv.slice(2).map(Number);
let found: { seed: number; fault: string } | null = null;
for (let seed = first; seed < first + seeds && found === null; seed++) {
  const { faults } = await simulateSafely(seed);
  if (faults.length > 0) found = { seed, fault: faults[0]! };
}
console.log(JSON.stringify(found));
