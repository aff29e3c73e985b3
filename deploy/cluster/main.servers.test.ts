import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '@millrace/testkit/eventually';

const EVENTS = 200;
/** Six processes start on a machine that does other things, too. */
const PATIENCE_MS = 150_000;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A pipeline of its own, since all tests share the servers. */
function documentOf(): { name: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cluster-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const name = `cluster_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const fields = [
    { name: 'id', type: 'int' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ];
  const events = Array.from({ length: EVENTS }, (_, id) => `{"id":${id},"at":${1_700_000_000_000 + id}}\n`);
  writeFileSync(join(folder, 'event.avsc'), JSON.stringify({ type: 'record', name: 'Event', fields }));
  writeFileSync(join(folder, 'events.ndjson'), events.join(''));
  const lines = [
    `pipeline: ${name}`,
    'lanes: 2',
    'event: { schema: ./event.avsc, id: string(event.id), time: event.at }',
    'sources: { history: { file: { path: ./events.ndjson, format: ndjson } } }',
    'aggregate: [{ name: all, by: "\'all\'", window: { tumbling: 1m }, compute: { events: count() } }]',
  ];
  const file = join(folder, 'pipeline.yaml');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { name, file };
}

function start(file: string): { child: ChildProcess; printed(): string } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), basename(file)], {
    cwd: dirname(file),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  let text = '';
  child.stderr!.on('data', (bytes) => {
    text += bytes;
  });
  return { child, printed: () => text };
}

async function says(run: ReturnType<typeof start>, words: string): Promise<void> {
  await eventually(
    `it says ${words}; it said ${run.printed()}`,
    () => {
      if (run.child.exitCode !== null) throw new Error(`it ended: ${run.printed()}`);
      return run.printed().includes(words);
    },
    PATIENCE_MS,
  );
}

function addresses(printed: string): string[] {
  return [...printed.matchAll(/(http:\S+)\/metrics/g)].map(([, address]) => address!);
}

const answers = (address: string) =>
  fetch(`${address}/livez`).then(
    (response) => response.ok,
    () => false,
  );

test('a file goes through all six services; what was killed is started again; Ctrl-C drains and ends them', async () => {
  const { name, file } = documentOf();
  const run = start(file);
  await says(run, 'every file has been read');
  expect(run.printed()).toContain(`${name} runs as six services`);
  expect(run.printed()).toMatch(new RegExp(`${EVENTS} processed\\s+= ${EVENTS} events, balanced`));
  const services = addresses(run.printed());
  expect(services).toHaveLength(6);
  expect(await Promise.all(services.map(answers))).toEqual(services.map(() => true));
  const [, logs] = /logs +(\S+)/.exec(run.printed())!;
  process.kill(Number.parseInt(readFileSync(join(logs!, 'enrich/enrich.pid'), 'utf8'), 10), 'SIGKILL');
  await says(run, 'enrich has ended');
  await says(run, 'enrich runs again');
  run.child.kill('SIGINT');
  await once(run.child, 'exit');
  expect(run.child.exitCode).toBe(0);
  expect(await Promise.all(services.map(answers))).toEqual(services.map(() => false));
}, 240_000);

test('nothing goes on when it is killed', async () => {
  const run = start(documentOf().file);
  await says(run, 'Ctrl-C drains');
  const services = addresses(run.printed());
  run.child.kill('SIGKILL');
  await eventually(
    'all are gone',
    async () => !(await Promise.all(services.map(answers))).includes(true),
    20_000,
  );
}, 240_000);
