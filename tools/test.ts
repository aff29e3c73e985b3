// `npm test`: every project's tests, then one table of totals.
// `npm test -- PATH …`: only the tests under these paths, straight through jest.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { clearCounts, readCounts } from './test/counts.ts';
import { render } from './test/summary.ts';

const root = join(import.meta.dirname, '..');
const paths = process.argv.slice(2);
process.exit(paths.length > 0 ? node('tools/jest.mjs', paths) : everything());

function everything(): number {
  clearCounts(root);
  const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');
  // Quiet for those that pass; those that fail show all of their output.
  const code = node(nx, ['run-many', '--target=test', '--parallel=2']);
  const summary = render(readCounts(root), code !== 0);
  process.stdout.write(summary.text);
  return summary.failed > 0 ? 1 : 0;
}

function node(script: string, args: string[]): number {
  const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };
  return spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit', env }).status ?? 1;
}
