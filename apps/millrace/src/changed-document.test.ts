import { writeFileSync } from 'node:fs';
import { afterEach, expect, jest, test } from '@jest/globals';
import { eventually, getJson, millrace, postJson } from './fixtures/cli.ts';
import { paymentRuns, type Rows, settled, statusOf } from './fixtures/payment-runs.ts';
import { payment, paymentFiles } from './fixtures/payments.ts';

// Several processes start one after another, on a machine that may be busy.
jest.setTimeout(60_000);

const { folder: paymentFolder, start, clean } = paymentRuns();
afterEach(clean);

test('a changed document needs --rebuild, which computes everything anew from raw', async () => {
  const folder = paymentFolder();
  const first = await start(folder);
  await postJson(`${first.api}/events`, [payment('p1'), payment('p2', { amount: -1 })]);
  await settled(first.url, 2);
  await first.cli.kill('SIGTERM');

  const changed = paymentFolder({ 'event.amount > 0': 'event.amount != 0' });
  const data = ['--data', `${folder}/.millrace/payments`];
  const refused = await millrace(changed, 'run', 'pipeline.yaml', '--port', '0', ...data);
  expect(refused.stderr).toMatch(/--rebuild.*it has changed in: validate\. \[plan_changed\]/);
  const again = await millrace(changed, 'run', 'pipeline.yaml', '--port', '0', ...data);
  expect(again.stderr).toMatch(/it has changed in: validate\./);
  expect(refused.code).toBe(3);

  const second = await start(changed, '--rebuild', ...data);
  const { audit } = await settled(second.url, 2);
  expect(audit).toMatchObject({ processed: 2, rejected: 0, balanced: true });
  expect(((await getJson(`${second.api}/deadletters`)) as Rows).rows).toEqual([]);
});

test('what was replayed before its rule was mended counts once when everything is computed again', async () => {
  const folder = paymentFolder();
  const first = await start(folder);
  await postJson(`${first.api}/events`, [payment('p1'), payment('p2', { amount: -1 })]);
  await settled(first.url, 2);
  const replayed = await millrace(folder, 'deadletters', 'replay', 'p2/validate/0', '--url', first.url);
  expect(replayed.code).toBe(0);
  expect((await settled(first.url, 3)).audit).toMatchObject({ processed: 1, rejected: 2 });
  await first.cli.kill('SIGTERM');

  const changed = paymentFolder({ 'event.amount > 0': 'event.amount != 0' });
  const second = await start(changed, '--rebuild', '--data', `${folder}/.millrace/payments`);
  const { audit } = await settled(second.url, 3);
  expect(audit).toMatchObject({ processed: 2, duplicate: 1, rejected: 0, balanced: true });
});

test('--watch runs the next version of the document, and tells of faults', async () => {
  const folder = paymentFolder();
  const { url, api, cli } = await start(folder, '--watch');
  await postJson(`${api}/events`, [payment('p1'), payment('p2', { amount: -1 })]);
  expect((await settled(url, 2)).audit.rejected).toBe(1);
  const write = (check: string) =>
    writeFileSync(`${folder}/pipeline.yaml`, paymentFiles({ 'event.amount > 0': check })['pipeline.yaml']!);
  write('event.nothing > 0');
  await eventually(() => /the version before goes on:\npipeline\.yaml:\d+:\d+: /.test(cli.stderr));
  expect((await statusOf(url)).state).toBe('running');
  writeFileSync(`${folder}/pipeline.yaml`, paymentFiles({ 'lanes: 2': 'lanes: 3' })['pipeline.yaml']!);
  await eventually(() => /goes on:\npipeline\.yaml: lanes is 3 now, and was 2/.test(cli.stderr));
  expect((await statusOf(url)).state).toBe('running');
  write('event.amount != 0');
  await eventually(async () => {
    // Between the versions nothing answers.
    const status = await statusOf(url).catch(() => null);
    // Before it runs, a signal ends it without more ado.
    return status?.state === 'running' && status.audit.processed === 2;
  });
  expect((await cli.kill('SIGINT')).code).toBe(0);
});
