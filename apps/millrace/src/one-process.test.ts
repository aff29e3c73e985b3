import { afterEach, expect, test } from '@jest/globals';
import { Cli, eventually, folderWith, postJson } from './fixtures/cli.ts';
import { payment, paymentFiles } from './fixtures/payments.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const AT_ONCE = 6;

function paymentFolder(): string {
  const folder = folderWith(paymentFiles());
  cleanUps.push(folder.remove);
  return folder.path;
}

function run(folder: string): Cli {
  const cli = new Cli(['run', 'pipeline.yaml', '--port', '0'], folder);
  cleanUps.push(() => cli.kill('SIGKILL'));
  return cli;
}

async function send(cli: Cli, id: string): Promise<unknown> {
  return postJson(`${await cli.url()}/v1/pipelines/payments/events`, payment(id));
}

test(`of ${AT_ONCE} processes started at once one runs the folder, and the others say which`, async () => {
  const folder = paymentFolder();
  const all = Array.from({ length: AT_ONCE }, () => run(folder));
  const ended: Cli[] = [];
  for (const cli of all) void cli.ended.then(() => ended.push(cli));
  await eventually(() => ended.length === AT_ONCE - 1);
  const [owner, ...none] = all.filter((cli) => !ended.includes(cli));
  expect(none).toEqual([]);
  for (const cli of ended) {
    const { code, stderr } = await cli.ended;
    expect(stderr).toContain(`in use by process ${owner!.child.pid}.`);
    expect(code).toBe(3);
  }
  expect(await send(owner!, 'p1')).toEqual({ accepted: 1, rejected: [] });
}, 60_000);

test('a process that is stopped keeps its folder, and goes on when it may', async () => {
  const folder = paymentFolder();
  const first = run(folder);
  await send(first, 'p1');
  first.child.kill('SIGSTOP');
  const second = await run(folder).ended;
  expect(second.stderr).toContain(`in use by process ${first.child.pid}.`);
  expect(second.code).toBe(3);
  first.child.kill('SIGCONT');
  await send(first, 'p2');
  const { code, stderr } = await first.kill('SIGTERM');
  expect(stderr).toMatch(/2 processed\n {2}= 2 events, balanced/);
  expect(code).toBe(0);
}, 60_000);

test('the folder of a process that was killed is free at once', async () => {
  const folder = paymentFolder();
  const first = run(folder);
  await send(first, 'p1');
  await first.kill('SIGKILL');
  expect(await send(run(folder), 'p2')).toEqual({ accepted: 1, rejected: [] });
}, 60_000);
