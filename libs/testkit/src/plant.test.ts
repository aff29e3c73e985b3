import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { type Patch, PLANT_FAILED, planted } from './plant.ts';

const folder = mkdtempSync(join(tmpdir(), 'plant-'));
writeFileSync(join(folder, 'sum.ts'), 'export const sum = (a: number, b: number): number => a + b;\n');
writeFileSync(join(folder, 'main.ts'), "import { sum } from './sum.ts';\nconsole.log(sum(2, 3));\n");
afterAll(() => rmSync(folder, { recursive: true }));

function run(patches: readonly Patch[]) {
  const { execArgv, env } = planted(patches);
  const child = spawnSync(process.execPath, [...execArgv, join(folder, 'main.ts')], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { status: child.status, stdout: child.stdout.trim(), stderr: child.stderr };
}

test('the patched module runs instead of the one on disk', () => {
  const result = run([{ file: 'sum.ts', find: 'number => a + b', replace: 'number => a - b' }]);
  expect(result).toMatchObject({ status: 0, stdout: '-1' });
});

test('a replacement is taken literally', () => {
  const result = run([{ file: 'sum.ts', find: 'a + b', replace: "Number('$&'.length)" }]);
  expect(result).toMatchObject({ status: 0, stdout: '2' });
});

test.each([
  ['does not occur', { file: 'sum.ts', find: 'a * b', replace: '' }, 'occurs 0 times in sum.ts'],
  ['occurs more than once', { file: 'sum.ts', find: 'number', replace: '' }, 'occurs 3 times in sum.ts'],
  [
    'is for a module that is not loaded',
    { file: 'other.ts', find: 'a', replace: '' },
    'other.ts was never loaded',
  ],
])('a patch that %s fails the subprocess', (_, patch, message) => {
  const result = run([patch]);
  expect(result.status).toBe(PLANT_FAILED);
  expect(result.stderr).toContain(message);
});
