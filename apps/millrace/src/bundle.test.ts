import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { startService } from '@millrace/service/fixtures/service-process';
import { Cli, type Ended, folderWith, millrace } from './fixtures/cli.ts';
import { FUNCTIONS, PAYMENTS, paymentFiles } from './fixtures/payments.ts';
import { requirePlan } from './load-pipeline.ts';

/** Each starts the command line several times. */
jest.setTimeout(60_000);

const EXAMPLES = join(import.meta.dirname, '../../../examples');

const folders: ReturnType<typeof folderWith>[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = folderWith(files);
  folders.push(folder);
  return folder.path;
}

/** Bundles a document into a folder that has nothing else. */
async function bundled(document: string): Promise<{ readonly folder: string; readonly ended: Ended }> {
  const folder = folderOf({});
  return { folder, ended: await millrace(folder, 'bundle', document, '-o', 'bundle.yaml') };
}

async function payments(files: Readonly<Record<string, string>> = {}) {
  return bundled(join(folderOf({ ...paymentFiles(), ...files }), 'pipeline.yaml'));
}

describe.each(['payments/pipeline.yaml', 'payments/pipeline.ts', 'flights/pipeline.yaml'])(
  'the bundle of examples/%s',
  (name) => {
    test('is the same pipeline, alone in a folder', async () => {
      const document = join(EXAMPLES, name);
      const { folder, ended } = await bundled(document);
      expect(ended).toMatchObject({ code: 0, stdout: '' });
      expect(ended.stderr).toMatch(
        /: \d+\.\d KiB with .*\.avsc, .*\noutside stays what source history reads: /,
      );
      const own = await requirePlan(document);
      const read = await requirePlan(join(folder, 'bundle.yaml'));
      expect(read.hash).toBe(own.hash);
      expect(read.cases.length).toBe(own.cases.length);
      const { code, stdout } = await millrace(folder, 'test', 'bundle.yaml');
      expect(await millrace(folder, 'test', document)).toMatchObject({ code, stdout });
      expect(stdout).toMatch(own.cases.length === 0 ? /^$/ : /passed/);
    });
  },
);

test('a service takes it, and keeps nothing of it', async () => {
  const { folder } = await payments();
  mkdirSync(join(folder, 'temporary'));
  const service = await startService(
    'validate',
    {
      MILLRACE_PIPELINE: join(folder, 'bundle.yaml'),
      MILLRACE_KAFKA: '127.0.0.1:1',
      MILLRACE_REGISTRY: 'http://127.0.0.1:1',
      MILLRACE_REDIS: 'redis://127.0.0.1:1',
      MILLRACE_CASSANDRA: '127.0.0.1:1',
      TMPDIR: join(folder, 'temporary'),
    },
    'listening',
  );
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toContain((await requirePlan(join(folder, 'bundle.yaml'))).hash.slice(0, 12));
  expect(readdirSync(join(folder, 'temporary'))).toHaveLength(1);
  await service.stop();
  expect(readdirSync(join(folder, 'temporary'))).toEqual([]);
});

test('modules that the functions import come along', async () => {
  const { folder, ended } = await payments({
    'functions.ts':
      "import { times } from './arithmetic/times.ts';\nexport const doubled = (amount: number): number => times(amount);\n",
    'arithmetic/times.ts':
      "import { format } from 'node:util';\nimport factor from './factor.json' with { type: 'json' };\nexport const times = (amount: number): number => amount * Number(format(factor.by));\n",
    'arithmetic/factor.json': '{ "by": 2 }',
  });
  expect(ended.stderr).toMatch(/\.\/arithmetic\/times\.ts, \.\/arithmetic\/factor\.json/);
  expect((await millrace(folder, 'test', 'bundle.yaml')).stdout).toMatch(/^3 passed$/m);
});

test('a package can not come along', async () => {
  const { ended } = await payments({
    'functions.ts': `import 'left';\n${FUNCTIONS}`,
    'node_modules/left/package.json': '{ "name": "left", "main": "left.js" }',
    'node_modules/left/left.js': '',
  });
  expect(ended.stderr).toMatch(/functions\.ts imports left, and a bundle holds only .* relative paths/);
  expect(ended.code).toBe(1);
});

test('functions that need their folder are found at once', async () => {
  const { ended } = await payments({
    'functions.ts': `import { readFileSync } from 'node:fs';\nreadFileSync(new URL('./merchants.txt', import.meta.url));\n${FUNCTIONS}`,
    'merchants.txt': '',
  });
  expect(ended.stderr).toMatch(/can't be bundled: without its folder\n.*merchants\.txt/);
  expect(ended.code).toBe(1);
});

test('texts stay as they are, byte for byte', async () => {
  const text = '\ufeffid,city\r\nm1,"Ber\tlin  \n: #"\r\n\r\n';
  const { folder } = await payments({ 'merchants.csv': text });
  const again = folderOf({});
  const reading = new Cli(['test', join(folder, 'bundle.yaml')], again, { TMPDIR: again });
  expect((await reading.ended).stdout).toContain('group is "Ber\\tlin  \\n: #"');
  expect(readdirSync(again)).toEqual([]);
});

test('what is no text is refused', async () => {
  const folder = folderOf(paymentFiles());
  writeFileSync(join(folder, 'merchants.csv'), Buffer.from('id,city\nm1,K\xf6ln\n', 'latin1'));
  const { ended } = await bundled(join(folder, 'pipeline.yaml'));
  expect(ended.stderr).toMatch(/\.\/merchants\.csv is not a text in UTF-8/);
  expect(ended.code).toBe(1);
});

test('a table with an absolute path stays outside', async () => {
  const volume = folderOf({ 'merchants.csv': 'id,city\nm1,Berlin\n' });
  const table = join(volume, 'merchants.csv');
  const { folder, ended } = await payments({ 'pipeline.yaml': PAYMENTS.replace('./merchants.csv', table) });
  expect(ended.stderr).toContain(`outside stays ${table}: it must be there where the services run`);
  expect((await millrace(folder, 'test', 'bundle.yaml')).stdout).toMatch(/^3 passed$/m);
  writeFileSync(table, 'id,city\nm1,Porto\n');
  expect((await millrace(folder, 'test', 'bundle.yaml')).code).toBe(1);
});

test('of a document in TypeScript, what others read of it is what it says', async () => {
  const { folder } = await bundled(join(EXAMPLES, 'payments/pipeline.ts'));
  const bundle = join(folder, 'bundle.yaml');
  writeFileSync(bundle, readFileSync(bundle, 'utf8').replace('lanes: 4', 'lanes: 8'));
  const { stdout, code } = await millrace(folder, 'lint', 'bundle.yaml', '--no-files');
  expect(stdout).toMatch(/^bundle\.yaml:\d+:\d+: lanes is 8, and 4 in \.\/pipeline\.ts/);
  expect(code).toBe(1);
});

test.each([
  ['is a bundle already', {}, 'bundle.yaml', /bundle\.yaml is a bundle already/],
  ['has faults', { 'event.amount > 0': 'event.amuont > 0' }, 'pipeline.yaml', /can't run:\n.*amuont/],
])('what %s is not bundled', async (_, changes, name, message) => {
  const folder = folderOf(paymentFiles(changes));
  await millrace(folder, 'bundle', 'pipeline.yaml', '-o', 'bundle.yaml');
  const ended = await millrace(folder, 'bundle', name);
  expect(ended.stderr).toMatch(message);
  expect(ended).toMatchObject({ code: 1, stdout: '' });
});

test('a path can not lead out of the bundle', async () => {
  const { folder } = await payments();
  const bundle = join(folder, 'bundle.yaml');
  writeFileSync(bundle, readFileSync(bundle, 'utf8').replace('  ./functions.ts:', '  /etc/functions.ts:'));
  const { stdout } = await millrace(folder, 'lint', 'bundle.yaml');
  expect(stdout).toMatch(/\/etc\/functions\.ts must be a path from the document's folder/);
});

const TOWNS = 50_000;

test.each(['lint', 'bundle'])('%s warns of what is too large for a ConfigMap', async (command) => {
  const rows = Array.from({ length: TOWNS }, (_, i) => `m${i},Berlin`).join('\n');
  const folder = folderOf({ ...paymentFiles(), 'merchants.csv': `id,city\n${rows}\n` });
  const { code, stdout, stderr } = await millrace(
    folder,
    command,
    'pipeline.yaml',
    ...(command === 'lint' ? [] : ['-o', 'b']),
  );
  expect(stdout + stderr).toMatch(
    /pipeline\.yaml: a bundle of it has .* of it \.\/merchants\.csv: near the 1\.00 MiB .*by an absolute path/,
  );
  expect(code).toBe(0);
});
