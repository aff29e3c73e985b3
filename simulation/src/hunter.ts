// Runs seeds until one finds a fault, and prints what came of it as JSON: `node hunter.ts FIRST SEEDS`.
// A process of its own for whoever runs inside a test framework: virtual time stands still while others have their turn.
import { seek } from './seeds.ts';

const [first = 1, seeds = 1] = process.argv.slice(2).map(Number);
console.log(JSON.stringify(await seek(first, seeds)));
