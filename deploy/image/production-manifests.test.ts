import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { keepProduction } from './production-manifests.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const copy = mkdtempSync(join(tmpdir(), 'millrace-manifests-'));
afterEach(() => rmSync(copy, { recursive: true }));

test('what is left is what services and command line run on', () => {
  for (const path of globSync(['package.json', 'package-lock.json', '{apps,libs}/*/package.json'], {
    cwd: REPOSITORY,
  })) {
    cpSync(join(REPOSITORY, path), join(copy, path));
  }
  const kept = keepProduction(copy);
  expect(kept).toContain('apps/millrace');
  expect(kept).toContain('libs/lanes');
  expect(kept).not.toContain('libs/testkit');
  const read = (path: string) => JSON.parse(readFileSync(join(copy, path), 'utf8'));
  expect(read('package.json').workspaces).toEqual(kept);
  const { packages } = read('package-lock.json');
  const own = Object.keys(packages).filter((path) => /^[a-z]+(\/[a-z]+)?$/.test(path));
  expect(own.toSorted()).toEqual(kept);
  for (const folder of ['', ...kept]) {
    expect(read(join(folder, 'package.json')).devDependencies).toBeUndefined();
    expect(packages[folder].devDependencies).toBeUndefined();
    expect(packages[folder].dependencies).toEqual(read(join(folder, 'package.json')).dependencies);
  }
  expect(keepProduction(copy)).toEqual(kept);
});
