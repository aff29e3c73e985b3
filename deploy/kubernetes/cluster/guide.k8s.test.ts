import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createNamespace, deleteNamespace, tryKubectl } from '../fixtures/cluster.ts';

const root = join(import.meta.dirname, '../../..');
const FENCE = /^```sh\n(.*?)^```$/gms;
/** What a reader sees, too. */
const NEEDS_CONTAINERS = '# On a cluster that runs containers\n';
const NAMESPACES = ['orders', 'production'];

const guide = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
const blocks = [...guide.matchAll(FENCE)].map(([, text]) => text!);
const runnable = blocks.filter((text) => !text.startsWith(NEEDS_CONTAINERS));

let folder: string;
let prepared: string;
beforeAll(() => {
  prepared = createNamespace();
  // A checkout, but for what the commands write.
  folder = mkdtempSync(join(tmpdir(), 'millrace-guide-'));
  for (const name of [
    'deploy',
    'apps',
    'libs',
    'tools',
    'node_modules',
    'package.json',
    'package-lock.json',
  ]) {
    symlinkSync(join(root, name), join(folder, name));
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  deleteNamespace(prepared);
  for (const name of NAMESPACES)
    tryKubectl('delete', 'namespace', name, '--ignore-not-found', '--wait=false');
});

test('the guide has commands, and those that no test runs are marked', () => {
  expect(runnable.length).toBeGreaterThan(6);
  expect(blocks.length - runnable.length).toBe(3);
  for (const text of runnable) expect(text).not.toMatch(/port-forward|docker|helm test|curl/);
});

test.each(runnable.map((text, number) => [number + 1, text] as const))(
  'block %d of docs/deploy.md works',
  (_, text) => {
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'));
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', text], {
      cwd: folder,
      env: { ...Object.fromEntries(kept), NODE_OPTIONS: '' },
      encoding: 'utf8',
    });
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' });
  },
);
