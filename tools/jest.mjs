// Runs jest in the current folder with the shared configuration: `node ../../tools/jest.mjs [JEST ARGUMENTS]`.
// With `--servers` first: the tests that need real servers, instead of the others; with `--k8s`: the chart's.
// A launcher because native ES modules in jest need a flag on Node itself.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const special = { '--servers': 'jest.servers.config.mjs', '--k8s': 'jest.k8s.config.mjs' }[process.argv[2]];
const args = process.argv.slice(special ? 3 : 2);
const config = special ?? 'jest.config.mjs';
const env = { ...process.env };
// nx sets it; the processes that tests start would colour what they print to be read.
delete env.FORCE_COLOR;
if (args.length === 0 && !special) {
  // Whole projects only: a part of one must not look like its total.
  const { name } = JSON.parse(readFileSync('package.json', 'utf8'));
  env.TEST_COUNTS_PATH = join(root, 'tmp/test', `${name}.json`);
}
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const run = spawnSync(process.execPath, [...flags, jest, '--config', join(root, 'tools', config), ...args], {
  stdio: 'inherit',
  env,
});
process.exit(run.status ?? 1);
