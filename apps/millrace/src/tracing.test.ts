import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { isSampledAt } from '@millrace/service/trace-ids';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '@millrace/testkit/otlp-receiver';
import { Cli, eventually, folderWith, getJson } from './fixtures/cli.ts';
import { payment, paymentFiles } from './fixtures/payments.ts';

// Processes start one after another, on a machine that may be busy.
jest.setTimeout(60_000);

const MINUTE_MS = 60_000;
let receiver: OtlpReceiver;
let api: string;
let cli: Cli;

/** One process for all tests of the group, each with events of its own. */
function running(args: readonly string[], rate: number, isTracing = true): void {
  const cleanUps: (() => unknown)[] = [];
  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    const folder = folderWith(paymentFiles());
    cli = new Cli(['run', 'pipeline.yaml', '--port', '0', ...args], folder.path, {
      OTEL_EXPORTER_OTLP_ENDPOINT: isTracing ? receiver.endpoint : '',
      MILLRACE_TRACE_RATE: String(rate),
    });
    cleanUps.push(receiver.close, folder.remove, () => cli.kill('SIGKILL'));
    api = `${await cli.url()}/v1/pipelines/payments`;
  });
  afterAll(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });
}

interface Caller {
  readonly traceId: string;
  readonly headers: Readonly<Record<string, string>>;
}

function caller(flags = '01'): Caller {
  const traceId = randomBytes(16).toString('hex');
  return {
    traceId,
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}`, tracestate: 'shop=7' },
  };
}

async function send(events: readonly object[], headers: Caller['headers'] = {}): Promise<Response> {
  const response = await fetch(`${api}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(events),
  });
  expect(response.status).toBe(202);
  return response;
}

/** Undefined: the request was not sampled. */
function traceIn({ headers }: Response): string | undefined {
  return headers.get('traceparent')?.split('-')[1];
}

/** The spans of a trace, once as many as are expected have come. */
function spansOf(traceId: string, atLeast: number): Promise<readonly ReceivedSpan[]> {
  return eventually(() => {
    const spans = receiver.spans.filter((span) => span.traceId === traceId);
    return spans.length >= atLeast ? spans : undefined;
  });
}

/** From the first span to the last: names, as far as each has one child. */
function chainOf(spans: readonly ReceivedSpan[], from: ReceivedSpan): ReceivedSpan[] {
  const children = spans.filter(({ parentSpanId }) => parentSpanId === from.spanId);
  return children.length === 1 ? [from, ...chainOf(spans, children[0]!)] : [from];
}

const SEPARATE = [
  ['server', 'POST /v1/pipelines/:pipeline/events'],
  ['producer', 'send payments.raw'],
  ['consumer', 'process payments.raw'],
  ['consumer', 'process payments.validated'],
  ['consumer', 'process payments.enriched'],
  ['consumer', 'process payments.aggregated'],
  ['client', 'write results'],
];
const FUSED = [
  ...SEPARATE.slice(0, 2),
  ['consumer', 'validate payments'],
  ['internal', 'enrich payments'],
  ['internal', 'aggregate payments'],
  ['internal', 'route payments'],
  ['client', 'write results'],
];
const OUTCOMES = [undefined, undefined, 'forwarded', 'forwarded', 'processed', 'routed', undefined];

describe.each([
  ['separate stages', ['--keep-topics'], SEPARATE],
  ['fused stages', [], FUSED],
])('%s', (_, args, expected) => {
  running(args, 0);

  test('a request that comes sampled is one trace from the answer to the stored row', async () => {
    const { traceId, headers } = caller();
    const response = await send([payment('p1', { amount: 500 })], headers);
    const spans = await spansOf(traceId, expected.length);
    const first = spans.find(({ kind }) => kind === 'server')!;
    expect(first.parentSpanId).toBe('00f067aa0ba902b7');
    expect(response.headers.get('traceparent')).toBe(`00-${traceId}-${first.spanId}-01`);

    const chain = chainOf(spans, first);
    expect(chain.map(({ kind, name }) => [kind, name])).toEqual(expected);
    expect(chain.map(({ attributes }) => attributes['millrace.outcome'])).toEqual(OUTCOMES);
    expect(chain.every(({ state }) => state === 'shop=7')).toBe(true);
    expect(chain.every(({ isError }) => !isError)).toBe(true);
    expect(chain[0]!.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.response.status_code': 202,
      'url.path': '/v1/pipelines/payments/events',
    });
    expect(chain[1]!.attributes).toMatchObject({
      'messaging.system': 'millrace',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'send',
      'messaging.destination.name': 'payments.raw',
      'messaging.destination.partition.id': expect.stringMatching(/^[01]$/),
      'messaging.kafka.offset': expect.any(Number),
      'millrace.event.id': 'p1',
    });
    // The reader found the record where the writer put it.
    for (const name of ['messaging.destination.partition.id', 'messaging.kafka.offset']) {
      expect(chain[2]!.attributes[name]).toBe(chain[1]!.attributes[name]);
    }
    expect(chain[2]!.attributes).toMatchObject({
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'payments.raw',
      'millrace.pipeline': 'payments',
      'millrace.stage': 'validate',
      'millrace.event.id': 'p1',
    });
    expect(chain[6]!.attributes).toMatchObject({ 'db.system.name': 'lmdb' });
    expect(first.resource).toMatchObject({
      'service.name': 'millrace',
      'service.version': expect.any(String),
      'service.instance.id': expect.any(String),
    });
  });

  test('what is refused shows where and why, and its dead letter names the trace', async () => {
    const { traceId, headers } = caller();
    await send([payment('bad', { amount: -1 })], headers);
    const spans = await spansOf(traceId, expected.length);
    const refused = spans.filter(({ isError }) => isError);
    expect(refused).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('rule:positive'),
        attributes: expect.objectContaining({
          'millrace.stage': 'validate',
          'millrace.outcome': 'rejected',
          'millrace.code': 'rule:positive',
        }),
      }),
    ]);
    expect(await getJson(`${api}/deadletters`)).toMatchObject({ rows: [{ eventId: 'bad', traceId }] });
  });

  test('alerts and window results link to the sampled events that made them', async () => {
    const paid_at = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const callers = ['w1', 'w2'].map((id) => ({ id, ...caller() }));
    for (const { id, headers } of callers)
      await send([payment(id, { card: 'W', merchant: 'm2', paid_at })], headers);
    await send([payment('w3', { card: 'W', merchant: 'm2', paid_at })]);
    const makers = await Promise.all(
      callers.map(async ({ traceId }) => {
        const spans = await spansOf(traceId, expected.length - 1);
        return spans.find(({ attributes }) => attributes['millrace.stage'] === 'aggregate')!;
      }),
    );
    const links = makers.map(({ traceId, spanId }) => ({ traceId, spanId }));
    const linking = (name: string, value: string): Promise<ReceivedSpan> =>
      eventually(() =>
        receiver.spans.find(
          ({ attributes, links: found }) => attributes[name] === value && found.length === links.length,
        ),
      );

    const window = await linking('millrace.window.name', 'per_card');
    expect([window.parentSpanId, window.links]).toEqual(['', links]);
    const merged = await eventually(() =>
      receiver.spans.find(
        ({ attributes, links: found }) =>
          attributes['millrace.window.name'] === 'per_city' &&
          attributes['messaging.destination.name'] !== 'payments.partials' &&
          found.length === links.length,
      ),
    );
    expect(merged.links).toEqual(links);
    // Made by the third event, which is not sampled.
    const alert = await linking('millrace.alert.name', 'velocity');
    expect([alert.parentSpanId, alert.links]).toEqual(['', links]);
    const stored = await spansOf(window.traceId, 3);
    expect(stored.map(({ name }) => name)).toContain('write results');
  });

  test('a repeat is seen to be one', async () => {
    const event = payment('again');
    await send([event]);
    const { traceId, headers } = caller();
    await send([event], headers);
    const spans = await spansOf(traceId, 5);
    expect(spans.map(({ attributes }) => attributes['millrace.outcome'])).toContain('duplicate');
  });

  test('each event of a request is sent under the span of its own, up to a bound', async () => {
    const { traceId, headers } = caller();
    await send(
      Array.from({ length: 150 }, (_, i) => payment(`many${i}`, { card: `c${i}` })),
      headers,
    );
    const isAggregated = ({ attributes }: ReceivedSpan) =>
      attributes['millrace.stage'] === 'aggregate' && attributes['millrace.outcome'] === 'processed';
    const spans = await eventually(async () => {
      const found = await spansOf(traceId, 1);
      return found.filter(isAggregated).length === 100 ? found : undefined;
    });
    const request = spans.find(({ kind }) => kind === 'server')!;
    const sent = spans.filter(({ name }) => name === 'send payments.raw');
    expect(sent).toHaveLength(100);
    expect(new Set(sent.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([request.spanId]));
    expect(new Set(sent.map(({ attributes }) => attributes['millrace.event.id'])).size).toBe(100);
  });
});

describe('at the rate 1', () => {
  running([], 1);

  test('a caller who is not sampled is not; who says nothing, or nonsense, is', async () => {
    const { traceId, headers } = caller('00');
    const quiet = await send([payment('p1')], headers);
    expect(quiet.headers.get('traceparent')).toBeNull();
    const response = await send([payment('p2')], { traceparent: 'nonsense' });
    const spans = await spansOf(traceIn(response)!, FUSED.length - 1);
    expect(spans.find(({ kind }) => kind === 'server')!.parentSpanId).toBe('');
    expect(receiver.spans.some((span) => span.traceId === traceId)).toBe(false);
  });

  test('what is left when it ends is sent before', async () => {
    const response = await send([payment('p3', { amount: 500 })]);
    expect((await cli.kill('SIGTERM')).code).toBe(0);
    const traceId = traceIn(response);
    expect(receiver.spans.filter((span) => span.traceId === traceId)).toHaveLength(FUSED.length);
  });
});

describe('at the rate 0.1', () => {
  running([], 0.1);

  test('those are sampled whose trace id says so', async () => {
    const answers: Response[] = [];
    for (let i = 0; i < 300; i++) answers.push(await send([payment(`p${i}`)]));
    const sampled = answers.flatMap((answer) => traceIn(answer) ?? []);
    // A chance of less than 1 in 10^6 to be outside.
    expect(sampled.length).toBeGreaterThan(7);
    expect(sampled.length).toBeLessThan(70);
    expect(sampled.every((traceId) => isSampledAt(traceId, 0.1))).toBe(true);
    for (const traceId of sampled) await spansOf(traceId, FUSED.length - 1);
    expect(receiver.spans.filter(({ kind }) => kind === 'server')).toHaveLength(sampled.length);
  });
});

describe('without an address', () => {
  running([], 1, false);

  test('nothing is traced, and what came sampled keeps its trace', async () => {
    const { traceId, headers } = caller();
    await send([payment('p1', { amount: -1 })], headers);
    const letters = () => getJson(`${api}/deadletters`) as Promise<{ rows: { traceId: string }[] }>;
    expect((await eventually(async () => (await letters()).rows[0])).traceId).toBe(traceId);
    expect(receiver.requests).toBe(0);
  });
});

describe('a receiver in trouble', () => {
  running(['--keep-topics'], 1);

  test('is told of once and disturbs nothing', async () => {
    receiver.answer(400);
    for (let i = 0; i < 3; i++) {
      const before = receiver.requests;
      await send([payment(`p${i}`)]);
      await eventually(() => receiver.requests > before);
    }
    await eventually(() => cli.stderr.includes('spans are not taken'));
    receiver.answer(200);
    await spansOf(traceIn(await send([payment('p9')]))!, 3);
    const { code, stderr } = await cli.kill('SIGTERM');
    expect(code).toBe(0);
    expect(stderr.match(/spans are not taken/g)).toHaveLength(1);
    expect(stderr).toContain('spans are taken again');
  });
});
