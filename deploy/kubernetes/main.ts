// `npm run test:k8s [-- --update] [PATH …]`: the chart's tests, as far as this machine has the programs for them: helm,
// kubeconform and kube-score; and on a cluster with simulated nodes, which KUBECONFIG names or which is started here.
// --update writes the golden manifests anew. Its last line is the sum; with CI=true nothing is skipped.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeeper } from '@millrace/tools/servers/keeper';
import { startControlPlane } from './control-plane.ts';
import { type Part, parts } from './parts.ts';
import { programPath } from './programs.ts';

const root = join(import.meta.dirname, '../..');
const COUNTS = join(root, 'tmp/k8s/counts.json');
const mustRun = process.env.CI === 'true';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const args = process.argv.slice(2);
const paths = args.filter((arg) => arg !== '--update');
const wanted = parts(root, process.env)
  .map((part) => ({ ...part, files: part.files.filter((file) => isBelow(file, paths)) }))
  .filter(({ files }) => files.length > 0);
if (wanted.length === 0) {
  console.error(`test:k8s: no *.k8s.test.ts below ${paths.join(', ')}`);
  process.exitCode = 1;
} else {
  process.exitCode = await runAll(wanted, args.includes('--update'));
}

async function runAll(all: readonly Part[], update: boolean): Promise<number> {
  const able = all.filter(({ missing }) => missing.length === 0);
  const unable = all.filter(({ missing }) => missing.length > 0);
  const sum: Counts = able.length > 0 ? await run(able, update) : { passed: 0, failed: 0, skipped: 0 };
  for (const { name, files, missing } of unable) {
    sum[mustRun ? 'failed' : 'skipped'] += files.length;
    const what = `${files.length} ${files.length === 1 ? 'file' : 'files'} of tests of the ${name}`;
    console.error(`${mustRun ? 'FAILED' : 'SKIPPED'}: ${what}: ${missing.join('; ')}.`);
  }
  const skipped = sum.skipped > 0 ? `, ${sum.skipped} skipped` : '';
  console.log(`${sum.passed} passed, ${sum.failed} failed${skipped}`);
  return sum.failed > 0 ? 1 : 0;
}

async function run(able: readonly Part[], update: boolean): Promise<Counts> {
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: programPath(process.env), TEST_COUNTS_PATH: COUNTS };
  if (update) env.UPDATE_GOLDEN = 'true';
  const keeper = createKeeper();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-k8s-'));
  try {
    await keeper.removeAtEnd(folder);
    if (able.some(({ name }) => name === 'cluster') && !env.KUBECONFIG) {
      console.log('test:k8s: starting a control plane with simulated nodes');
      env.KUBECONFIG = await startControlPlane(join(folder, 'cluster'), env.PATH!, keeper);
    }
    return await jest(
      able.flatMap(({ files }) => files),
      env,
    );
  } catch (error) {
    console.error(`test:k8s: ${(error as Error).message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    await keeper.close();
  }
}

async function jest(files: readonly string[], env: NodeJS.ProcessEnv): Promise<Counts> {
  rmSync(COUNTS, { force: true });
  mkdirSync(join(COUNTS, '..'), { recursive: true });
  const child = spawn(process.execPath, ['tools/jest.mjs', '--k8s', ...files], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  const [code] = await once(child, 'close');
  const counts: Counts = existsSync(COUNTS)
    ? JSON.parse(readFileSync(COUNTS, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0 };
  // It ended before it could report, or failed beside its tests.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function isBelow(file: string, folders: readonly string[]): boolean {
  return (
    folders.length === 0 || folders.some((folder) => `${file}/`.startsWith(`${folder.replace(/\/$/, '')}/`))
  );
}
