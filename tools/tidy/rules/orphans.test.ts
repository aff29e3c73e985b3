import { expect, test } from '@jest/globals';
import { repositoryOf } from '../repository.ts';
import { orphans } from './orphans.ts';

const manifests = {
  'package.json': JSON.stringify({ scripts: { check: 'node tools/bootstrap.mjs tools/check.ts' } }),
  'libs/lanes/package.json': JSON.stringify({ name: '@millrace/lanes', exports: { './*': './src/*.ts' } }),
};
const orphansOf = (files: Record<string, string>) =>
  orphans(repositoryOf({ ...manifests, ...files })).map(({ path }) => path);

test('a file that nothing imports is a fault, and so is what only that file imports', () => {
  const files = { 'libs/lanes/src/a.ts': "import './b.ts';", 'libs/lanes/src/b.ts': '' };
  expect(orphansOf(files)).toEqual(['libs/lanes/src/a.ts', 'libs/lanes/src/b.ts']);
});

test('a file is used when a main reaches it by package name, path, type, worker URL or dynamic import', () => {
  const main = [
    "import { a } from '@millrace/lanes/ports/a';",
    "export type { B } from './b.ts';",
    "new Worker(new URL('./c.ts', import.meta.url));",
    "await import('./d.ts');",
    "spawn('node', ['bench/src/load.ts']);",
  ];
  const rest = ['libs/lanes/src/ports/a.ts', 'apps/x/src/b.ts', 'apps/x/src/c.ts', 'apps/x/src/d.ts'];
  const files = Object.fromEntries(
    [...rest, 'bench/src/load.ts', 'tools/check.ts'].map((path) => [path, '']),
  );
  expect(orphansOf({ ...files, 'apps/x/src/main.ts': main.join('\n') })).toEqual([]);
});

test("a file's own test doesn't keep it; another one's does", () => {
  const files = { 'libs/lanes/src/a.ts': '', 'libs/lanes/src/fake.ts': '' };
  const tests = { 'libs/lanes/src/a.test.ts': "import './a.ts';\nimport './fake.ts';" };
  expect(orphansOf({ ...files, ...tests })).toEqual(['libs/lanes/src/a.ts']);
});
