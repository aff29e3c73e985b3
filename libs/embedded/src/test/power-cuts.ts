/** `node power-cuts.ts FIRST_SEED COUNT`: exit code 1 and what went wrong, when something acknowledged is gone. */
import { cutPowerOnce } from './power-cut.ts';

const [first = 0, count = 0] = process.argv.slice(2).map(Number);
const faults: string[] = [];
for (let seed = first; seed < first + count; seed++) faults.push(...(await cutPowerOnce(seed)));
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
