import { afterEach, expect, test } from '@jest/globals';
import { NO_TIME } from '@millrace/lanes/flow';
import { laneOf } from '@millrace/lanes/murmur2';
import { sourceOf } from '@millrace/testkit/plans';
import fastify from 'fastify';
import { until } from '../fixtures/running.ts';
import { payment, type RunningHttp, type Setup, startHttp } from '../fixtures/running-http.ts';

let running: RunningHttp;
const start = async (setup?: Setup) => {
  running = await startHttp(setup);
};
afterEach(async () => {
  await running.stop();
  expect(running.failures).toEqual([]);
});
const post: RunningHttp['post'] = (...request) => running.post(...request);
const events = () => running.events();

test('an event is in the lane of its key with id, time, digest and its own bytes', async () => {
  await start();
  const text = ` ${JSON.stringify(payment(1), null, 2)}\n`;
  expect(await post(text)).toMatchObject({ status: 202, body: { accepted: 1, rejected: [] } });
  const [flow, ...others] = running.flows(laneOf('card 1', 4)).filter(({ kind }) => kind === 'event');
  expect(others).toEqual([]);
  expect(flow).toMatchObject({
    source: 'api',
    id: 'p1',
    key: 'card 1',
    eventTime: Date.UTC(2026, 0, 1),
    position: -1,
    contentType: 'application/json',
    attempt: 0,
    trace: null,
  });
  expect(Buffer.from(flow!.payload!).toString()).toBe(text.trim());
  expect(flow!.digest).toBeGreaterThan(0);
  expect(flow!.ingestTime).toBeGreaterThan(Date.now() - 10_000);
});

test('its part is opened in every lane before any event, and ticks follow', async () => {
  await start();
  await post(JSON.stringify(payment(1)));
  for (const lane of [0, 1, 2, 3]) {
    const [first] = running.flows(lane);
    expect(first).toMatchObject({ kind: 'opened', partName: 'api', parts: 1, ordered: false });
    await until(() => running.ticks(lane).length > 1, `ticks in lane ${lane}`);
    const [tick] = running.ticks(lane);
    expect(tick).toMatchObject({ part: first!.part, ended: false, position: -1, eventTime: NO_TIME });
  }
});

test.each([
  ['application/json', JSON.stringify([payment(1), payment(2), payment(3)])],
  [
    'application/x-ndjson',
    [payment(1), payment(2), payment(3)].map((each) => JSON.stringify(each)).join('\n'),
  ],
  [
    'text/csv; charset=utf-8',
    'payment_id,card,amount,currency,paid_at\n' +
      [1, 2, 3].map((id) => `p${id},"card ${id % 3}",${id},EUR,2026-01-01T00:00:00Z\r\n`).join(''),
  ],
  [
    'text/csv; delimiter=semicolon',
    `payment_id;card;amount;currency;paid_at\n${[1, 2, 3].map((id) => `p${id};card ${id % 3};${id};EUR;2026-01-01T00:00:00Z`).join('\n')}`,
  ],
])('several events as %s', async (contentType, body) => {
  await start();
  expect(await post(body, { 'content-type': contentType })).toMatchObject({
    status: 202,
    body: { accepted: 3 },
  });
  expect(
    events()
      .map(({ id, key }) => `${id} ${key}`)
      .sort(),
  ).toEqual(['p1 card 1', 'p2 card 2', 'p3 card 0']);
});

test('bad events among good ones are named with their place and reason', async () => {
  await start();
  const lines = [
    JSON.stringify(payment(1)),
    '{"payment_id": "p2",',
    '',
    JSON.stringify(payment(3, { amount: 'much' })),
    JSON.stringify(payment(4, { colour: 'red' })),
    JSON.stringify({ ...payment(5), card: undefined }),
    JSON.stringify(payment(6, { payment_id: '' })),
    JSON.stringify(payment(7, { payment_id: 'x'.repeat(5_000) })),
    JSON.stringify(payment(8)),
  ];
  const { status, body } = await post(lines.join('\n'), { 'content-type': 'application/x-ndjson' });
  expect(status).toBe(202);
  expect(body.accepted).toBe(2);
  expect(body.rejected.map(({ index, code }: { index: number; code: string }) => `${index} ${code}`)).toEqual(
    ['1 malformed_json', '2 wrong_type', '3 unknown_field', '4 missing_field', '5 bad_id', '6 bad_id'],
  );
  expect(body.rejected[0].message).toContain('line 2');
  expect(body.rejected[1].message).toContain('amount');
  expect(
    events()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(['p1', 'p8']);
});

test('400 when none is good, with the reasons', async () => {
  await start();
  const { status, body } = await post(JSON.stringify([payment(1, { amount: 'much' }), 5]));
  expect(status).toBe(400);
  expect(body).toMatchObject({
    error: { code: 'events_rejected' },
    accepted: 0,
    rejected: [{ index: 0 }, { index: 1 }],
  });
  expect(events()).toEqual([]);
});

test('a JSON body that breaks off is refused as a whole', async () => {
  await start();
  const { status, body } = await post(`[${JSON.stringify(payment(1))},\n{"payment_id": `);
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ code: 'malformed_body', message: expect.stringContaining('line 2') });
  expect(events()).toEqual([]);
});

test.each([
  ['empty_body', 400, ''],
  ['empty_body', 400, ' \n '],
  ['empty_body', 400, '[]'],
  ['malformed_body', 400, '{"a": 1} x'],
  ['malformed_body', 400, '['.repeat(100_000)],
  ['events_rejected', 400, '"text"'],
  [
    'events_rejected',
    400,
    Buffer.concat([Buffer.from('{"payment_id": "'), Buffer.from([0xff]), Buffer.from('"}')]),
  ],
  ['too_many_events', 413, `[${'1,'.repeat(60_000)}1]`],
])('%s', async (code, status, body) => {
  await start();
  const answer = await post(body);
  expect(answer).toMatchObject({
    status,
    body: { error: { code, message: expect.any(String), hint: expect.any(String) } },
  });
});

test('strange keys and numbers are harmless', async () => {
  await start();
  const odd = JSON.stringify(payment(1)).replace('{', '{"__proto__": {"polluted": true}, "constructor": 1, ');
  const { body } = await post(odd);
  expect(body.error).toMatchObject({
    code: 'events_rejected',
    message: expect.stringContaining('__proto__'),
  });
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  const huge = JSON.stringify(payment(2)).replace('"amount":2', '"amount":1e999');
  expect((await post(huge)).status).toBe(400);
  const many = JSON.stringify(payment(3)).replace('"amount":3', `"amount":${'9'.repeat(300)}`);
  expect((await post(many)).body).toMatchObject({ accepted: 1 });
});

test('unknown pipelines and sources are answered with the known ones', async () => {
  await start({ sources: [sourceOf('api'), sourceOf('shop')] });
  const text = JSON.stringify(payment(1));
  expect(await post(text, {}, '/nope')).toMatchObject({
    status: 404,
    body: { error: { code: 'unknown_source' } },
  });
  expect((await post(text, {}, '/nope')).body.error.message).toContain('api, shop');
  expect((await post(text)).body.error.message).toContain('api, shop');
  expect((await post(text, {}, '/shop')).status).toBe(202);
  const other = await fetch(running.url.replace('payments', 'refunds'), { method: 'POST', body: text });
  expect(other.status).toBe(404);
  expect(await other.json()).toMatchObject({
    error: { code: 'unknown_pipeline', message: expect.stringContaining('payments') },
  });
});

test('a source with auth wants its token', async () => {
  const sources = [sourceOf('api', { config: { auth: 'secret:token' } })];
  await start({ sources, secrets: new Map([['token', 's3cret']]) });
  const text = JSON.stringify(payment(1));
  const without = await post(text);
  expect(without).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } });
  expect(without.headers.get('www-authenticate')).toBe('Bearer');
  for (const wrong of ['s3cres', 's3cret2', 'S3CRET']) {
    expect((await post(text, { authorization: `Bearer ${wrong}` })).status).toBe(403);
  }
  expect((await post(text, { authorization: 'Bearer s3cret' })).status).toBe(202);
});

test.each([
  ['text/xml', {}],
  ['application/json', { 'content-encoding': 'gzip' }],
  ['text/csv; delimiter=dot', {}],
])('415 for %s %j', async (contentType, headers) => {
  await start();
  const answer = await post('x', { 'content-type': contentType, ...headers });
  expect(answer).toMatchObject({ status: 415, body: { error: { code: 'unsupported_media_type' } } });
});

test('a host sees that a refusal is not its own fault', async () => {
  await start();
  const host = fastify();
  const statuses: unknown[] = [];
  host.addHook('onError', async (_request, _reply, error) => void statuses.push(error.statusCode));
  await host.register(running.ingest.routes);
  const url = '/v1/pipelines/payments/events';
  const answer = await host.inject({
    method: 'POST',
    url,
    payload: '[',
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.statusCode).toBe(400);
  expect(statuses).toEqual([400]);
  await host.close();
});

test('the key of a request is the id of its events where the document has none', async () => {
  await start({ event: { id: null, key: null } });
  const body = JSON.stringify([payment(1), payment(2)]);
  for (let i = 0; i < 2; i++) await post(body, { 'idempotency-key': 'order-7' });
  await post(body);
  const keyed = events().filter(({ id }) => id.startsWith('api:order-7:'));
  expect(keyed.map(({ id }) => id).sort()).toEqual([
    'api:order-7:0',
    'api:order-7:0',
    'api:order-7:1',
    'api:order-7:1',
  ]);
  expect(keyed.every(({ digest, key, id }) => digest > 0 && key === id)).toBe(true);
  const others = events().filter((flow) => !keyed.some(({ id }) => id === flow.id));
  expect(new Set(others.map(({ id }) => id)).size).toBe(2);
  expect(others.every(({ digest }) => digest === 0)).toBe(true);
  expect((await post(body, { 'idempotency-key': 'two words' })).body.error.code).toBe('bad_idempotency_key');
});

test('the trace context of a sampled request is kept', async () => {
  await start();
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await post(JSON.stringify(payment(1)), { traceparent: trace });
  await post(JSON.stringify(payment(2)), { traceparent: trace.replace(/01$/, '00') });
  await post(JSON.stringify(payment(3)), { traceparent: 'nonsense' });
  expect(
    events()
      .map(({ id, trace: kept }) => [id, kept])
      .sort(),
  ).toEqual([
    ['p1', { parent: trace, state: '' }],
    ['p2', null],
    ['p3', null],
  ]);
  const records = [0, 1, 2, 3].flatMap((lane) => running.memory.lane(lane));
  expect(records.filter(({ headers }) => headers?.traceparent === trace)).toHaveLength(1);
});

test('an id or key with a NUL character is refused', async () => {
  await start();
  const rows = [payment(1, { payment_id: 'a\u0000b' }), payment(2, { card: '\u0000' }), payment(3)];
  const { body } = await post(JSON.stringify(rows));
  expect(body.accepted).toBe(1);
  expect(body.rejected).toEqual([
    { index: 0, code: 'bad_id', message: 'event.id holds a NUL character (U+0000)' },
    { index: 1, code: 'bad_key', message: 'event.key holds a NUL character (U+0000)' },
  ]);
});
