// `npm run check`: everything about the code that can be judged without running it.
// `npm run check -- STEP …` runs only these steps.
import { join } from 'node:path';
import { audit } from './check/audit.ts';
import { run } from './check/run.ts';
import type { Step } from './check/step.ts';
import { totals } from './test/summary.ts';

const root = join(import.meta.dirname, '..');
const node = (...args: string[]) => run(root, process.execPath, args);

const steps: Record<string, Step> = {
  types: () => node('node_modules/typescript/bin/tsc', '-p', '.'),
  page: () => node('node_modules/typescript/bin/tsc', '-p', 'apps/serve/page'),
  lint: () => node('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'),
  tidy: () => node('tools/tidy.ts'),
  audit: () => audit(root),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`check: no step ${unknown.join(', ')} (there are ${Object.keys(steps).join(', ')})`);
  process.exit(1);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const [name, step] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  const { outcome, output } = await step();
  counts[outcome] += 1;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name.padEnd(8)}${outcome.padEnd(8)}${seconds.padStart(6)} s`);
  if (outcome !== 'passed' && output) console.log(output.trimEnd().replace(/^/gm, '  '));
}
console.log(`\n${totals(counts)}`);
process.exitCode = counts.failed > 0 ? 1 : 0;
