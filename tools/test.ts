// `npm test`: every project's tests, then those on real servers, then one table of totals.
// `npm test -- PATH …`: only the tests under these paths, straight through jest.
// `npm test -- --servers [PATH …]`: only those that need real servers, which are started for them.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { clearCounts, readCounts } from './test/counts.ts';
import { runOnServers, serverTests } from './test/on-servers.ts';
import { render } from './test/summary.ts';

const root = join(import.meta.dirname, '..');
const mustRun = process.env.CI === 'true';
const [first, ...rest] = process.argv.slice(2);
if (first === '--servers') process.exitCode = await someOnServers(rest);
else if (first !== undefined) process.exitCode = node('tools/jest.mjs', [first, ...rest]);
else process.exitCode = await everything();

async function everything(): Promise<number> {
  clearCounts(root);
  const nx = createRequire(import.meta.url).resolve('nx/bin/nx.js');
  // Quiet for those that pass; those that fail show all of their output.
  const code = node(nx, ['run-many', '--target=test', '--parallel=2']);
  const onServers = await runOnServers(root, serverTests(root), mustRun);
  const notes = onServers.note ? [onServers.note] : [];
  const summary = render(readCounts(root), code !== 0 || onServers.code !== 0, notes);
  process.stdout.write(summary.text);
  return summary.failed > 0 ? 1 : 0;
}

async function someOnServers(paths: string[]): Promise<number> {
  const files = serverTests(root, paths);
  if (files.length === 0) {
    console.error(`test: no *.servers.test.ts below ${paths.join(', ')}`);
    return 1;
  }
  const { code, note } = await runOnServers(root, files, true);
  if (note) console.error(note);
  return code;
}

function node(script: string, args: string[]): number {
  const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false' };
  return spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit', env }).status ?? 1;
}
