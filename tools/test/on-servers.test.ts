import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { runOnServers, serverTests } from './on-servers.ts';

const given = { ...process.env };
const root = mkdtempSync(join(tmpdir(), 'millrace-on-servers-'));
afterEach(() => {
  process.env = { ...given };
  rmSync(root, { recursive: true, force: true });
});

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
}

/** As on a machine with nothing but Node. */
function withoutPrograms(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('MILLRACE_')) delete process.env[name];
  process.env.PATH = join(root, 'nothing');
  process.env.XDG_CACHE_HOME = join(root, 'cache');
}

const counts = () => JSON.parse(readFileSync(join(root, 'tmp/test/on real servers.json'), 'utf8'));

test('all files of that name are found, or those below the given paths', () => {
  write('libs/a/src/x.servers.test.ts', 'libs/a/src/x.test.ts', 'libs/ab/y.servers.test.ts');
  write('node_modules/c/z.servers.test.ts', 'tmp/z.servers.test.ts');
  expect(serverTests(root)).toEqual(['libs/a/src/x.servers.test.ts', 'libs/ab/y.servers.test.ts']);
  expect(serverTests(root, ['libs/a/'])).toEqual(['libs/a/src/x.servers.test.ts']);
  expect(serverTests(root, ['libs/ab/y.servers.test.ts'])).toEqual(['libs/ab/y.servers.test.ts']);
});

test('where the servers can’t run, what is left out is counted and said', async () => {
  withoutPrograms();
  const { code, note } = await runOnServers(root, ['a.servers.test.ts', 'b.servers.test.ts'], false);
  expect(code).toBe(0);
  expect(note).toMatch(/^SKIPPED: 2 files .* Java 17 .*Maven.*Redis/);
  expect(counts()).toMatchObject({ passed: 0, failed: 0, skipped: 2 });
});

test('where they must run, that is a failure', async () => {
  withoutPrograms();
  const { code, note } = await runOnServers(root, ['a.servers.test.ts'], true);
  expect(code).toBe(1);
  expect(note).toMatch(/^FAILED: 1 file .* Java 17/);
  expect(counts()).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
});
