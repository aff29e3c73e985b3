import { connect } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import { Cli, eventually, folderWith, getJson, millrace, postJson } from './fixtures/cli.ts';
import { paymentRuns, type Rows, settled, statusOf } from './fixtures/payment-runs.ts';
import { payment, paymentFiles } from './fixtures/payments.ts';

// Several processes start one after another, on a machine that may be busy.
jest.setTimeout(60_000);

const { folder: paymentFolder, start, later, clean } = paymentRuns();
afterEach(clean);

test('events over HTTP become windows, alerts, stored events and dead letters', async () => {
  const { url, api, cli } = await start(paymentFolder());
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const events = [
    payment('p1', { paid_at: now }),
    payment('p2', { paid_at: now, amount: 500 }),
    payment('p3', { paid_at: now }),
    payment('p3', { paid_at: now }),
    payment('p4', { paid_at: now, amount: -1 }),
  ];
  expect(await postJson(`${api}/events`, events)).toEqual({ accepted: 5, rejected: [] });
  const { audit } = await settled(url, 5);
  expect(audit).toMatchObject({ events: 5, processed: 3, duplicate: 1, rejected: 1, balanced: true });

  const windows = (await getJson(`${api}/windows/per_card?group=A`)) as Rows;
  expect(windows.rows).toEqual([
    expect.objectContaining({ group: 'A', start: now, values: { payments: 3, total: 520, twice: 1040 } }),
  ]);
  const merged = (await getJson(`${api}/windows/per_city`)) as Rows;
  expect(merged.rows[0]).toMatchObject({ group: 'Berlin', values: { payments: 3 } });
  expect(((await getJson(`${api}/alerts`)) as Rows).rows).toEqual([
    expect.objectContaining({ name: 'velocity', group: 'A', severity: 'high' }),
  ]);
  expect(((await getJson(`${api}/events?key=A`)) as Rows).rows).toEqual([
    expect.objectContaining({ route: 'large', id: 'p2' }),
  ]);
  expect(((await getJson(`${api}/deadletters`)) as Rows).rows).toEqual([
    expect.objectContaining({ id: 'p4/validate/0', code: 'rule:positive' }),
  ]);

  const page = await fetch(`${url}/`);
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const { paths } = (await getJson(`${url}/openapi.json`)) as { readonly paths: object };
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining(['/v1/pipelines/{pipeline}/events', '/v1/status', '/metrics']),
  );
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toContain('millrace_outcomes_total{pipeline="payments",outcome="processed"} 3\n');
  expect(metrics).toContain('millrace_audit_balanced{pipeline="payments"} 1\n');

  const { code, stderr } = await cli.kill('SIGTERM');
  expect(stderr).toMatch(/= 5 events, balanced/);
  expect(code).toBe(0);
});

test('the line that it prints sends an event, to where the page shows it', async () => {
  const { cli, url } = await start(paymentFolder());
  const { send } = JSON.parse(cli.stderr.split('\n').find((line) => line.includes('"url"'))!);
  const [, target, body] = /(http:\S+) -d '(.+)'$/.exec(send)!;
  expect(await postJson(target!, JSON.parse(body!))).toEqual({ accepted: 1, rejected: [] });
  expect((await settled(url, 1)).audit.processed).toBe(1);
});

test('after a kill it goes on from where it was: nothing is lost, nothing counts twice', async () => {
  const folder = paymentFolder();
  const first = await start(folder);
  const paid = Math.floor(Date.now() / 60_000) * 60_000;
  const ids = Array.from({ length: 300 }, (_, i) => `p${i}`);
  await postJson(
    `${first.api}/events`,
    ids.map((id) => payment(id, { paid_at: paid })),
  );
  await first.cli.kill('SIGKILL');
  const second = await start(folder);
  // What the client did not hear of may have been taken: it sends all again.
  await postJson(
    `${second.api}/events`,
    ids.map((id) => payment(id, { paid_at: paid })),
  );
  const { audit } = await settled(second.url, 600);
  expect(audit).toMatchObject({ processed: 300, duplicate: 300, balanced: true });
  const { rows } = (await getJson(`${second.api}/windows/per_card`)) as Rows;
  expect(rows).toEqual([expect.objectContaining({ values: expect.objectContaining({ payments: 300 }) })]);
});

test('a dead letter is listed, shown, replayed and discarded, with and without a running process', async () => {
  const folder = paymentFolder();
  const { cli, url, api } = await start(folder);
  await postJson(`${api}/events`, [payment('p1', { amount: -1 }), payment('p2', { amount: -2 })]);
  await settled(url, 2);
  const at = ['--url', url];
  const list = await millrace(folder, 'deadletters', 'list', ...at);
  expect(list.stdout).toMatch(/rule:positive p1\/validate\/0: event\.amount > 0/);
  const shown = await millrace(folder, 'deadletters', 'show', 'p1/validate/0', ...at);
  expect(shown.stdout).toMatch(/"amount":-1/);
  expect((await millrace(folder, 'deadletters', 'replay', 'p1/validate/0', ...at)).stdout).toBe(
    '1 replayed\n',
  );
  await settled(url, 3);
  // The rule is as it was, so it is refused again, as another attempt.
  const again = (await getJson(`${api}/deadletters`)) as Rows;
  expect(again.rows.map(({ id }) => id).toSorted()).toEqual(['p1/validate/1', 'p2/validate/0']);
  const data = ['--data', '.millrace/payments'];
  const refused = await millrace(folder, 'deadletters', 'discard', 'p2/validate/0', ...data);
  expect(refused.stderr).toMatch(/in use by process \d+/);
  expect(refused.code).toBe(3);

  await cli.kill('SIGTERM');
  expect((await millrace(folder, 'deadletters', 'discard', 'p2/validate/0', ...data)).code).toBe(0);
  expect((await millrace(folder, 'deadletters', 'replay', '--all', ...data)).stdout).toBe('1 replayed\n');
  const unknown = await millrace(folder, 'deadletters', 'show', 'p1/validate/1', ...data);
  expect(unknown.code).toBe(1);
  const waiting = await millrace(folder, 'status', '--json', ...data);
  expect(JSON.parse(waiting.stdout).audit).toMatchObject({
    events: 4,
    rejected: 3,
    inFlight: 1,
    balanced: true,
  });
});

test('status names a flag once', async () => {
  const { url, api } = await start(paymentFolder());
  await postJson(`${api}/events`, payment('p1', { merchant: 'm9' }));
  await settled(url, 1);
  const { stdout } = await millrace('.', 'status', '--url', url);
  expect(stdout.match(/shop_missing/g)).toHaveLength(1);
});

test('tail prints records of raw, of results and of a topic that a route names', async () => {
  const folder = paymentFolder();
  const { url, api } = await start(folder);
  const live = new Cli(['tail', 'raw', '--limit', '1', '--url', url], folder);
  later(() => live.kill('SIGKILL'));
  const ids = ['p1', 'p2', 'p3'];
  const paid_at = Math.floor(Date.now() / 60_000) * 60_000;
  const sent = (async () => {
    // It may not be listening yet when the first comes.
    for (let i = 0; live.child.exitCode === null; i++) {
      await postJson(`${api}/events`, payment(ids[i] ?? `q${i}`, { paid_at }));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const { stdout, code } = await live.ended;
  await sent;
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'event', source: 'api', key: 'A' });
  expect(code).toBe(0);
  const lines = async (topic: string) => {
    const ended = await millrace(folder, 'tail', topic, '--from', 'start', '--url', url);
    return ended.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  };
  await eventually(async () => (await statusOf(url)).audit.processed >= 3);
  expect(await lines('windows')).toEqual(
    expect.arrayContaining([expect.objectContaining({ name: 'per_card' })]),
  );
  const misspelt = await millrace(folder, 'tail', 'alrams', '--url', url);
  expect(misspelt.stderr).toMatch(/there is no topic alrams; there are raw, .*, alarms\./);
  expect(misspelt.code).toBe(1);
  expect(await lines('alarms')).toEqual([
    expect.objectContaining({ value: expect.objectContaining({ name: 'velocity' }) }),
  ]);
});

const HISTORY = Array.from(
  { length: 2_000 },
  (_, i) => `f${i},c${i % 7},m${(i % 2) + 1},${i + 1},${1_700_000_000_000 + i * 1_000}`,
);

function historyFolder(otherSources = ''): string {
  const history = `${otherSources}history: { file: { path: ./history.csv, format: csv } }`;
  const folder = folderWith({
    ...paymentFiles({ 'api: { http: {} }': history }),
    'history.csv': `payment_id,card,merchant,amount,paid_at\n${HISTORY.join('\n')}\n`,
  });
  later(folder.remove);
  return folder.path;
}

interface Window {
  readonly name: string;
  readonly group: string;
  readonly start: number;
  readonly final: boolean;
  readonly values: { readonly payments: number };
}

/** The final results, sorted; with topics of their own, every revision is among the records. */
async function finalWindows(folder: string): Promise<Window[]> {
  const { stdout } = await millrace(
    folder,
    ...['tail', 'windows', '--from', 'start', '--data', '.millrace/payments'],
  );
  const records = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const windows: Window[] = records.map((record) => record.content?.result ?? record);
  const key = ({ name, group, start }: Window) => `${name} ${start} ${group}`;
  return windows.filter(({ final }) => final).toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

test('a file is read to its end; then it ends with the sum, and all windows are closed', async () => {
  const folder = historyFolder();
  const { cli } = await start(folder, '--exit-when-done');
  const { code, stderr } = await cli.ended;
  expect(stderr).toMatch(/2,000 processed\n {2}= 2,000 events, balanced/);
  expect(stderr).not.toMatch(/still open/);
  expect(code).toBe(0);
  const windows = await finalWindows(folder);
  const cities = windows.filter(({ name }) => name === 'per_city');
  expect(cities.reduce((sum, { values }) => sum + values.payments, 0)).toBe(2_000);

  const again = await millrace(folder, 'run', 'pipeline.yaml', '--port', '0', '--exit-when-done');
  expect(again.stderr).toMatch(/= 2,000 events, balanced/);
});

test('windows that another source may still add to are said to be open', async () => {
  const { cli } = await start(historyFolder('api: { http: {} }\n  '), '--exit-when-done');
  const { stderr } = await cli.ended;
  expect(stderr).toMatch(
    /= 2,000 events, balanced\n[\d,]+ windows are still open: source api may send more\n/,
  );
});

test('with --keep-topics the results are the same, and the topics between the stages can be read', async () => {
  const fused = historyFolder();
  const separate = historyFolder();
  await (await start(fused, '--exit-when-done')).cli.ended;
  const { code, stderr } = await (await start(separate, '--exit-when-done', '--keep-topics')).cli.ended;
  expect(stderr).toMatch(/= 2,000 events, balanced/);
  expect(code).toBe(0);
  const values = (windows: Window[]) =>
    windows.map(({ name, group, start, values }) => ({ name, group, start, values }));
  expect(values(await finalWindows(separate))).toEqual(values(await finalWindows(fused)));

  const data = ['--data', '.millrace/payments'];
  const enriched = await millrace(separate, 'tail', 'enriched', '--from', 'start', '--limit', '1', ...data);
  expect(JSON.parse(enriched.stdout)).toMatchObject({ event: { shop: { city: expect.any(String) } } });
  const fusedNow = await millrace(separate, 'run', 'pipeline.yaml', '--port', '0', '--exit-when-done');
  expect(fusedNow.stderr).toMatch(/was run with --keep-topics/);
  expect(fusedNow.code).toBe(3);
});

test('what keeps it from starting is one message and exit code 3', async () => {
  const folder = paymentFolder();
  const { cli, url } = await start(folder);
  const port = new URL(url).port;
  const inUse = await millrace(folder, 'run', 'pipeline.yaml', '--port', port, '--data', 'other');
  expect(inUse.stderr).toMatch(new RegExp(`^millrace: port ${port} of 127\\.0\\.0\\.1 is in use`, 'm'));
  expect(inUse.code).toBe(3);
  const locked = await millrace(folder, 'run', 'pipeline.yaml', '--port', '0');
  expect(locked.stderr).toMatch(/in use by process \d+/);
  expect(locked.code).toBe(3);
  await cli.kill('SIGTERM');
  const secret = folderWith(paymentFiles({ 'lanes: 2': 'lanes: 2\nsecrets: [ingest_token]' }));
  later(secret.remove);
  const missing = await millrace(secret.path, 'run', 'pipeline.yaml', '--port', '0');
  expect(missing.stderr).toMatch(/ingest_token \(MILLRACE_SECRET_INGEST_TOKEN/);
  expect(missing.code).toBe(3);
});

test('a source that can not be read is one message', async () => {
  const folder = paymentFolder({
    'api: { http: {} }': 'history: { file: { path: ./nothing.csv, format: csv } }',
  });
  const { code, stderr } = await millrace(folder, 'run', 'pipeline.yaml', '--port', '0');
  expect(stderr).toMatch(/^millrace: source history: no file matches .*nothing\.csv/m);
  expect(code).toBe(3);
});

test('whoever follows a topic or the stream does not hold up the end', async () => {
  const folder = paymentFolder();
  const { cli, url, api } = await start(folder);
  const follower = new Cli(['tail', 'raw', '--url', url], folder);
  later(() => follower.kill('SIGKILL'));
  const stream = await fetch(`${api}/stream`);
  expect(stream.status).toBe(200);
  await eventually(async () => {
    await postJson(`${api}/events`, payment(`p${Date.now()}`));
    return follower.stdout !== '';
  });
  expect((await cli.kill('SIGTERM')).code).toBe(0);
  expect((await follower.ended).code).toBe(0);
});

test('a second signal ends it at once', async () => {
  const folder = paymentFolder();
  const { url, api, cli } = await start(folder);
  // An answer under way: half a request holds the drain up.
  const { port } = new URL(url);
  const half = connect(Number(port), '127.0.0.1');
  half.on('error', () => {});
  const path = new URL(`${api}/events`).pathname;
  half.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n[`,
  );
  await postJson(`${api}/events`, payment('p1'));
  cli.child.kill('SIGTERM');
  await eventually(() => cli.stderr.includes('draining'));
  const { code } = await cli.kill('SIGTERM');
  half.destroy();
  expect(code).toBe(130);
});
