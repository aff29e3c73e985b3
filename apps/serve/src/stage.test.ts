import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Embedded, openEmbedded } from '@millrace/embedded/open';
import { createResultFeed } from '@millrace/lanes/feed';
import { systemClock } from '@millrace/lanes/ports/clock';
import type { ResultRow, ResultStore } from '@millrace/lanes/ports/results';
import { planOf, sourceOf } from '@millrace/testkit/plans';
import {
  alertRowOf,
  deadLetterRowOf,
  eventRowOf,
  pipelineStatusOf,
  windowPlanOf,
  windowRowOf,
} from '@millrace/testkit/result-rows';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fastify } from 'fastify';
import { routes, serveOpenApi } from './routes.ts';
import type { Served } from './served.ts';
import { serve } from './stage.ts';

const MINUTE_MS = 60_000;
const T = Date.parse('2001-01-03T10:00:00Z');
const plan = planOf({
  windows: [windowPlanOf('card_velocity')],
  sources: [sourceOf('api', { config: { auth: 'secret:token' } })],
});

let app: ReturnType<typeof fastify>;
let url: string;
let results: ResultStore;
let embedded: Embedded;
let folder: string;
let replayed: string[];
let waitingFor: string | null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-serve-'));
  embedded = await openEmbedded(folder, { lanes: 2 });
  results = embedded.results;
  replayed = [];
  waitingFor = null;
  const take = async (id: string) => {
    const there = (await results.deadLetter('payments', id)) !== null;
    await results.removeDeadLetter('payments', id);
    return there;
  };
  const served: Served = {
    pipelines: [
      {
        plan,
        results,
        feed: createResultFeed(),
        async replay(id) {
          const there = await take(id);
          if (there) replayed.push(id);
          return there;
        },
        discard: take,
      },
    ],
    status: () => ({ time: T, memory: { rssBytes: 1, heapBytes: 1 }, pipelines: [pipelineStatusOf()] }),
    clock: systemClock,
    waitingFor: () => waitingFor,
  };
  app = fastify();
  await app.register(serve(served));
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

afterEach(async () => {
  await app.close();
  await embedded.close();
  rmSync(folder, { recursive: true });
});

async function ask(path: string, init?: RequestInit) {
  const response = await fetch(url + path, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: () => JSON.parse(text) };
}

async function rowsOf(path: string) {
  const { status, body } = await ask(`/v1/pipelines/payments${path}`);
  expect(status).toBe(200);
  return body() as { rows: Record<string, unknown>[]; next: string | null };
}

async function problemOf(path: string, init?: RequestInit) {
  const { status, body } = await ask(path, init);
  const { error } = body() as { error: { code: string; message: string; hint: string } };
  return { status, ...error };
}

test('window results come by start and group, live ones marked', async () => {
  await results.write([
    windowRowOf('B', T, { final: false, revision: 3, values: { payments: 2, total: null } }),
    windowRowOf('A', T + MINUTE_MS),
    windowRowOf('A', T),
  ]);
  const { rows, next } = await rowsOf('/windows/card_velocity');
  expect(rows.map(({ group, start }) => [group, start])).toEqual([
    ['A', T],
    ['B', T],
    ['A', T + MINUTE_MS],
  ]);
  expect(rows[1]).toEqual({
    name: 'card_velocity',
    group: 'B',
    start: T,
    end: T + MINUTE_MS,
    revision: 3,
    final: false,
    values: { payments: 2, total: null },
  });
  expect(next).toBeNull();
});

test('window results are found by group and by time, in milliseconds or ISO 8601', async () => {
  await results.write(
    [0, 1, 2, 3].flatMap((n) => ['A', 'B'].map((group) => windowRowOf(group, T + n * MINUTE_MS))),
  );
  const path = '/windows/card_velocity?group=A';
  const starts = async (range: string) =>
    (await rowsOf(path + range)).rows.map(({ start }) => Number(start) - T);
  expect(await starts(`&from=${T + MINUTE_MS}&to=${T + 3 * MINUTE_MS}`)).toEqual([MINUTE_MS, 2 * MINUTE_MS]);
  expect(await starts('&from=2001-01-03T10:01:00Z&to=2001-01-03T10:02:30.500Z')).toEqual([
    MINUTE_MS,
    2 * MINUTE_MS,
  ]);
  expect(await starts('&from=2001-01-03&to=2001-01-04')).toHaveLength(4);
  expect(await starts('&order=newest&limit=1')).toEqual([3 * MINUTE_MS]);
});

test('every list pages through all rows, each once', async () => {
  const numbers = Array.from({ length: 25 }, (_, n) => n);
  const rows = (one: (n: number) => ResultRow) => numbers.map(one);
  await results.write([
    ...rows((n) => windowRowOf(`g${n % 5}`, T + n * MINUTE_MS)),
    ...rows((n) => alertRowOf(`velocity:${n}`, T + n)),
    ...rows((n) => eventRowOf(`e${n}`, T + n)),
    ...rows((n) => deadLetterRowOf(`e${n}`, T + n)),
  ]);
  for (const list of ['windows/card_velocity', 'alerts', 'events', 'deadletters']) {
    const seen: string[] = [];
    let after = '';
    do {
      const page = await rowsOf(`/${list}?limit=10${after}`);
      seen.push(...page.rows.map(({ id, start }) => String(id ?? start)));
      after = page.next === null ? '' : `&after=${encodeURIComponent(page.next)}`;
    } while (after !== '');
    expect([list, seen.length, new Set(seen).size]).toEqual([list, 25, 25]);
  }
});

test('alerts and events come newest first; events by key', async () => {
  await results.write([
    alertRowOf('velocity:1', T),
    alertRowOf('velocity:2', T + 1, { window: null, eventId: 'e2' }),
    eventRowOf('e1', T, { key: 'A' }),
    eventRowOf('e2', T + 1, { key: 'B', event: { big: 2n ** 63n, bytes: new Uint8Array([1, 2]) } }),
  ]);
  const alerts = (await rowsOf('/alerts')).rows;
  expect(alerts.map(({ id, eventId }) => [id, eventId])).toEqual([
    ['velocity:2', 'e2'],
    ['velocity:1', null],
  ]);
  const [event, ...others] = (await rowsOf('/events?key=B')).rows;
  expect(others).toEqual([]);
  expect(event).toMatchObject({ id: 'e2', event: { big: '9223372036854775808', bytes: 'AQI=' } });
});

test('a dead letter shows its payload as text where it is text, as base64 otherwise', async () => {
  const avro = new Uint8Array([0, 0, 0, 0, 7, 200]);
  await results.write([deadLetterRowOf('text', T), deadLetterRowOf('avro', T, { payload: avro })]);
  const letter = async (id: string) => (await ask(`/v1/pipelines/payments/deadletters/${id}`)).body();
  expect(await letter('text/validate/0')).toMatchObject({
    code: 'wrong_type',
    bytes: 16,
    payload: { text: '{"amount":"ten"}', base64: null },
  });
  expect(await letter('avro%2Fvalidate%2F0')).toMatchObject({ payload: { text: null, base64: 'AAAAAAfI' } });
});

test.each([['a/b'], ['50% off'], ['a%2Fb'], ['ünï ?#&'], ['x/replay'], ['long'.repeat(100)]])(
  'a dead letter of event %j is found, replayed and discarded by its id',
  async (eventId) => {
    const { id } = deadLetterRowOf(eventId, T);
    const path = `/v1/pipelines/payments/deadletters/${encodeURIComponent(id)}`;
    await results.write([deadLetterRowOf(eventId, T)]);
    expect((await ask(path)).body()).toMatchObject({ id, eventId });
    expect((await ask(`${path}/replay`, { method: 'POST' })).body()).toEqual({ id, replayed: true });
    expect(replayed).toEqual([id]);
    expect(await problemOf(path)).toMatchObject({ status: 404, code: 'unknown_dead_letter' });

    // Refused once more: a later writing of the same dead letter.
    await results.write([deadLetterRowOf(eventId, T, { version: { position: 2, revision: 0 } })]);
    expect((await ask(path, { method: 'DELETE' })).body()).toEqual({ id, discarded: true });
    expect((await rowsOf('/deadletters')).rows).toEqual([]);
  },
);

test("another site's page can't replay or discard", async () => {
  await results.write([deadLetterRowOf('e1', T)]);
  const path = '/v1/pipelines/payments/deadletters/e1%2Fvalidate%2F0';
  const headers = { 'sec-fetch-site': 'cross-site' };
  expect(await problemOf(path, { method: 'DELETE', headers })).toMatchObject({
    status: 403,
    code: 'other_site',
  });
  expect(await problemOf(`${path}/replay`, { method: 'POST', headers })).toMatchObject({ status: 403 });
  expect((await rowsOf('/deadletters')).rows).toHaveLength(1);
});

test.each([
  ['/windows/card_velocity?limit=0', 'limit must be >= 1: "0".'],
  ['/windows/card_velocity?limit=1001', 'limit must be <= 1000: "1001".'],
  ['/windows/card_velocity?limit=ten', 'limit must be integer: "ten".'],
  ['/windows/card_velocity?from=yesterday', 'from is not a time: "yesterday".'],
  ['/windows/card_velocity?from=1%20May', 'from is not a time: "1 May".'],
  ['/windows/card_velocity?from=20&to=10', 'from is not before to.'],
  ['/windows/card_velocity?grup=A', 'Unknown parameter "grup".'],
  ['/windows/card_velocity?group=A&group=B', 'group is given more than once.'],
  ['/stream?x=1', 'Unknown parameter "x".'],
])('%s is refused: %s', async (path, message) => {
  const problem = await problemOf(`/v1/pipelines/payments${path}`);
  expect(problem).toMatchObject({ status: 400, code: 'invalid_query', message });
  expect(problem.hint).not.toBe('');
});

test.each([
  ['/v1/pipelines/other/alerts', 'unknown_pipeline', 'Served here: payments.'],
  ['/v1/pipelines/payments/windows/other', 'unknown_window', 'It has card_velocity.'],
  ['/v1/pipelines/payments/stream?window=other', 'unknown_window', 'It has card_velocity.'],
  ['/v1/pipelines/payments/window', 'unknown_path', 'See /openapi.json for what there is.'],
])('%s is not there: %s', async (path, code, hint) => {
  expect(await problemOf(path)).toMatchObject({ status: 404, code, hint });
});

test('an example says what to send and where', async () => {
  const { event, send } = (await ask('/v1/pipelines/payments/example')).body();
  expect(send).toEqual({ path: '/v1/pipelines/payments/events/api', authorization: true });
  const read = plan.event.codec.read(event, { textual: false, unknownFields: 'reject' });
  expect(read.faults).toBeNull();
  expect(Math.abs(new Date(event.paid_at).getTime() - Date.now())).toBeLessThan(60_000);
});

test('readyz says what it waits for', async () => {
  expect((await ask('/readyz')).status).toBe(200);
  waitingFor = 'the log';
  expect(await problemOf('/readyz')).toMatchObject({ status: 503, message: 'Waiting for the log.' });
  expect((await ask('/livez')).status).toBe(200);
});

test('every answer is what the document says', async () => {
  await results.write([
    windowRowOf('A', T),
    alertRowOf('velocity:1', T),
    alertRowOf('unusual:1', T, { window: null, eventId: 'e1' }),
    eventRowOf('e1', T),
    deadLetterRowOf('e1', T),
    deadLetterRowOf('e2', T),
  ]);
  const ids = ['e1/validate/0', 'e2/validate/0'];
  const checked: string[] = [];
  for (const { method, path, answers, mediaType } of routes.filter(
    ({ mediaType }) => mediaType === undefined,
  )) {
    const id = encodeURIComponent(method === 'POST' ? ids[0]! : ids[1]!);
    const real = path
      .replace('{pipeline}', 'payments')
      .replace('{name}', 'card_velocity')
      .replace('{id}', id);
    const { status, body } = await ask(real, { method });
    const check = new Ajv2020({ strictTypes: false }).compile(answers);
    check(body());
    expect([path, status, check.errors, mediaType]).toEqual([path, 200, null, undefined]);
    checked.push(path);
  }
  expect(checked.length).toBe(routes.length - 1);
});

test('the document names every operation, and is served', async () => {
  const { body } = await ask('/openapi.json');
  expect(body()).toEqual(JSON.parse(JSON.stringify(serveOpenApi)));
  const operations = Object.values(serveOpenApi.paths).flatMap((path) => Object.values(path));
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(routes.length);
  for (const route of routes) {
    const url = route.path.replace(/\{id\}.*$/, '*').replace(/\{(\w+)\}/g, ':$1');
    expect([route.path, app.hasRoute({ method: route.method, url })]).toEqual([route.path, true]);
  }
});

test("the host's own routes stay the host's", async () => {
  const host = fastify();
  host.get('/openapi.json', () => ({ of: 'host' }));
  await host.register(serve({ pipelines: [], status: () => ({}) as never, clock: systemClock }));
  expect((await host.inject('/openapi.json')).json()).toEqual({ of: 'host' });
  expect((await host.inject('/livez')).statusCode).toBe(200);
  await host.close();
});
