import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

// In two halves, so that this file holds no focused or skipped test itself.
const [focused, skipped] = ['only', 'skip'].map((mark) => `test.${mark}`);
const fromJest = "import { test } from '@jest/globals';\n";

/** One planted fault per rule that the house counts on, each in a file of its own. */
const planted: Record<string, [path: string, text: string]> = {
  noDefaultExport: ['libs/lanes/src/default.ts', 'export default 1;\n'],
  noEnum: ['libs/lanes/src/enum.ts', 'export enum A {\n  B = 1,\n}\n'],
  noExcessiveLinesPerFile: ['libs/lanes/src/long.ts', 'export {};\n'.repeat(401)],
  noExplicitAny: ['libs/lanes/src/any.ts', 'export const a: any = 1;\n'],
  noFloatingPromises: [
    'libs/lanes/src/floating.ts',
    'async function send(): Promise<void> {}\nexport function run() {\n  send();\n}\n',
  ],
  noFocusedTests: ['libs/lanes/src/only.test.ts', `${fromJest}${focused}('a', () => {});\n`],
  noImportCycles: ['libs/lanes/src/one.ts', "import { two } from './two.ts';\nexport const one = two;\n"],
  noSkippedTests: ['libs/lanes/src/skip.test.ts', `${fromJest}${skipped}('a', () => {});\n`],
  useFilenamingConvention: ['libs/lanes/src/camelCase.ts', 'export const a = 1;\n'],
};
const otherFiles: [path: string, text: string][] = [
  ['libs/lanes/src/two.ts', "import { one } from './one.ts';\nexport const two = one;\n"],
  ['libs/lanes/src/good.ts', 'export const a = 1;\n'],
  // Biome takes an empty one for none.
  ['.gitignore', '/tmp/\n'],
];

const folder = mkdtempSync(join(tmpdir(), 'millrace-lint-'));
let found: string[] = [];

beforeAll(() => {
  cpSync(join(root, 'biome.json'), join(folder, 'biome.json'));
  for (const [path, text] of [...Object.values(planted), ...otherFiles]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--reporter=github', '--max-diagnostics=none', '.'];
  found = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).stdout.split('\n');
});

afterAll(() => rmSync(folder, { recursive: true }));

test.each(Object.entries(planted))('biome finds %s', (rule, [path]) => {
  expect(found).toContainEqual(expect.stringMatching(new RegExp(`^::error .*/${rule},file=.*/${path},`)));
});

test('biome finds nothing in a good file', () => {
  expect(found.filter((line) => line.includes('good.ts'))).toEqual([]);
});
