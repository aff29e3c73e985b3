import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@millrace/testkit/eventually';
import { scratchFolder } from './fixtures/scratch.ts';
import { openEmbedded } from './open.ts';

const NOW_MS = Date.now();
const record = (text: string) => ({ value: Buffer.from(text), timestampMs: NOW_MS });

let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = scratchFolder();
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map(ended));
  rmSync(folder, { recursive: true });
});

/** A process that runs the folder, or tries to; `lines` grows as it prints. */
function occupy() {
  const script = fileURLToPath(new URL('./fixtures/occupant.ts', import.meta.url));
  const child = spawn(process.execPath, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (data: Buffer) => {
    const parts = (rest + data.toString()).split('\n');
    rest = parts.pop()!;
    lines.push(...parts);
  });
  return { child, lines };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('close', () => resolve()));
}

test('a folder that another process runs is refused, with its number', async () => {
  const other = occupy();
  await eventually('the other one runs', () => other.lines.length > 1);
  const opening = openEmbedded(folder, { lanes: 2 });
  await expect(opening).rejects.toThrow(
    expect.objectContaining({
      name: 'FolderInUse',
      message: expect.stringMatching(new RegExp(`${folder} is in use by process ${other.child.pid}`)),
    }),
  );
});

test('the same process is refused a second time', async () => {
  const first = await openEmbedded(folder, { lanes: 2 });
  await expect(openEmbedded(folder, { lanes: 2 })).rejects.toThrow(`process ${process.pid}`);
  await first.log.append('raw', 0, [record('still works')]);
  await first.close();
  await (await openEmbedded(folder, { lanes: 2 })).close();
});

test('of many at once exactly one gets the folder', async () => {
  const all = Array.from({ length: 5 }, occupy);
  await eventually('each has an answer', () => all.every(({ lines }) => lines.length > 0), 15_000);
  const answers = all.map(({ lines }) => lines[0]!);
  expect(answers.filter((line) => line === 'open')).toHaveLength(1);
  expect(answers.filter((line) => line.startsWith('FolderInUse'))).toHaveLength(4);
});

test('a process that was killed leaves no lock, and nothing that it acknowledged is gone', async () => {
  const other = occupy();
  await eventually('the other one has written', () => other.lines.length > 20);
  other.child.kill('SIGKILL');
  await ended(other.child);
  const acknowledged = Number(other.lines.at(-1));
  const { log, close } = await openEmbedded(folder, { lanes: 2 });
  const { end } = await log.bounds('raw', 0);
  expect(end).toBeGreaterThanOrEqual(acknowledged);
  const { records } = await log.read('raw', 0, 0, end);
  expect(records.map(({ value }) => Number(Buffer.from(value).toString()))).toEqual([...records.keys()]);
  await close();
});

test('a second process may look on while the first one writes', async () => {
  const other = occupy();
  await eventually('the other one has written', () => other.lines.length > 5);
  const onlooker = await openEmbedded(folder, { readonly: true });
  const before = (await onlooker.log.bounds('raw', 0)).end;
  expect(before).toBeGreaterThan(0);
  await eventually('it sees what is new', async () => {
    const { end } = await onlooker.log.bounds('raw', 0);
    const { records } = await onlooker.log.read('raw', 0, before, 100);
    return end > before && records.length > 0;
  });
  await expect(onlooker.log.append('raw', 0, [record('x')])).rejects.toThrow('for reading only');
  await onlooker.close();
  const count = other.lines.length;
  await eventually('the other one goes on', () => other.lines.length > count + 5);
});

test('an onlooker sees states and results as they change', async () => {
  const { fused, results, close } = await openEmbedded(folder, { lanes: 2 });
  const commit = (number: number) =>
    fused.commit({
      states: new Map([['lane', { head: `at ${number}`, puts: new Map(), deletes: [] }]]),
      rows: [],
      outputs: [],
    });
  await commit(1);
  const onlooker = await openEmbedded(folder, { readonly: true });
  expect((await onlooker.fused.load()).get('lane')?.head).toBe('at 1');
  await commit(2);
  await eventually('the later head', async () => (await onlooker.fused.load()).get('lane')?.head === 'at 2');
  expect((await results.alerts({ pipeline: 'p', limit: 1 })).rows).toEqual([]);
  await onlooker.close();
  await close();
});

test('there is nothing to look at where nothing has run', async () => {
  await expect(openEmbedded(join(folder, 'none'), { readonly: true })).rejects.toThrow(
    'nothing has run there',
  );
});

test('another number of lanes is refused, and the folder stays free', async () => {
  await (await openEmbedded(folder, { lanes: 2 })).close();
  await expect(openEmbedded(folder, { lanes: 3 })).rejects.toThrow('made with 2 lanes, not with 3');
  const again = await openEmbedded(folder);
  await expect(again.log.append('raw', 2, [record('x')])).rejects.toThrow('there are 2 lanes');
  await again.close();
});

test('folders above it are made, too', async () => {
  const inner = join(folder, 'a', 'b', 'c');
  await (await openEmbedded(inner, { lanes: 1 })).close();
  expect(existsSync(join(inner, 'data.mdb'))).toBe(true);
});

test('a place where nobody can make a folder is named, and the folder that could not be made', async () => {
  await expect(openEmbedded('/proc/millrace/data', { lanes: 1 })).rejects.toThrow(
    /data folder \/proc\/millrace\/data can't be written .*mkdir '\/proc/,
  );
});

test('a folder that can not be written is named', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(openEmbedded(join(file, 'data'), { lanes: 2 })).rejects.toThrow(
    /data folder .*file.data can't be written/,
  );
});

test('a full disk is said to be so, and nothing that was acknowledged is gone', async () => {
  const script = fileURLToPath(new URL('./fixtures/occupant.ts', import.meta.url));
  // A limit on the size of files stands in for the disk's; in units of 512 bytes or of a KiB, as the shell likes.
  const limited = `trap '' XFSZ; ulimit -f 200; exec "${process.execPath}" "${script}" "${folder}"`;
  const child = spawn('sh', ['-c', limited], { stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  let printed = '';
  child.stdout.on('data', (data: Buffer) => {
    printed += data.toString();
  });
  await ended(child);
  const lines = printed.trim().split('\n');
  expect(lines.at(-1)).toMatch(/^AppendError: .*data folder .* can't be written: .*MiB free/);
  const { log, close } = await openEmbedded(folder, { lanes: 2 });
  expect((await log.bounds('raw', 0)).end).toBe(Number(lines.at(-2)));
  await log.append('raw', 0, [record('room again')]);
  await close();
});

test('after close everything rejects', async () => {
  const { log, close } = await openEmbedded(folder, { lanes: 2 });
  await close();
  await expect(log.append('raw', 0, [record('x')])).rejects.toThrow('closed');
});
