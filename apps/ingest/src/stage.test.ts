import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Embedded, openEmbedded } from '@millrace/embedded/open';
import type { Flow } from '@millrace/lanes/flow';
import type { LaneCodec } from '@millrace/lanes/lane-codec';
import { registerSchemas } from '@millrace/lanes/record-schemas';
import { createRecordCodec } from '@millrace/lanes/records';
import { compile } from '@millrace/pipeline/compile';
import type { Plan } from '@millrace/pipeline/plan';
import fastify from 'fastify';
import { sourceKinds } from './sources.ts';
import { createIngest, type Ingest } from './stage.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ingest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const DOCUMENT = `
pipeline: payments
lanes: 3
event:
  schema: ./payment.avsc
  id: event.payment_id
  key: event.card
  time: event.paid_at
  priority: "event.amount > 1000.0 ? 'high' : 'normal'"
secrets: [token]
sources:
  api:
    http: { auth: "secret:token", body_limit: 1MiB }
  history:
    file: { path: "./*.csv", pace: 2000/s }
    map:
      payment_id: row.id
      card: row.card
      amount: double(row.amount)
      paid_at: parse_time(row.date, "yyyy-MM-dd", "UTC")
`;
const SCHEMA = {
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'payment_id', type: 'string' },
    { name: 'card', type: 'string' },
    { name: 'amount', type: 'double' },
    { name: 'paid_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
};

function compiled(): Plan {
  writeFileSync(join(folder, 'payment.avsc'), JSON.stringify(SCHEMA));
  const { plan, faults } = compile({
    path: join(folder, 'pipeline.yaml'),
    text: DOCUMENT,
    load: (path) => readFileSync(path, 'utf8'),
    catalogue: { sources: sourceKinds },
  });
  expect(faults).toEqual([]);
  return plan!;
}

interface Process {
  readonly ingest: Ingest;
  readonly embedded: Embedded;
  flows(): Promise<Flow[]>;
}

/** Ingest on the embedded log and state; `work` runs while it does. */
async function inProcess(plan: Plan, work: (process: Process) => Promise<void>): Promise<void> {
  const embedded = await openEmbedded(join(folder, 'data'), { lanes: plan.lanes });
  const { log, state, registry } = embedded;
  const codec = createRecordCodec({
    plan,
    ids: await registerSchemas(registry, plan),
    registry,
    allFields: true,
  });
  const ingest = createIngest({
    plan,
    log,
    state,
    encodeRaw: (flow) => codec.encodeFlow('raw', flow).value,
    secrets: new Map([['token', 's3cret']]),
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    onFailed: (error) => {
      throw error;
    },
  });
  await ingest.start();
  await work({ ingest, embedded, flows: () => readFlows(embedded, codec, plan) });
  await ingest.drain();
  await embedded.close();
}

async function readFlows({ log }: Embedded, codec: LaneCodec, plan: Plan): Promise<Flow[]> {
  const flows: Flow[] = [];
  for (let lane = 0; lane < plan.lanes; lane++) {
    const { records } = await log.read('payments.raw', lane, 0, 10_000);
    for (const [offset, record] of records.entries()) {
      const decoded = codec.decodeFlow('raw', record, offset);
      if (decoded.kind !== 'value') throw new Error(`lane ${lane}, offset ${offset}: ${decoded.kind}`);
      flows.push(decoded.value);
    }
  }
  return flows;
}

const eventsOf = (flows: Flow[], source: string) =>
  flows.filter((flow) => (flow.kind === 'event' || flow.kind === 'rejected') && flow.source === source);

test('a document, the embedded log, files and HTTP: every event once, over restarts', async () => {
  const rows = Array.from({ length: 300 }, (_, i) => `p${i},card ${i % 7},${i},2026-01-${10 + (i % 9)}`);
  rows[100] = 'p100,card 2,much,2026-01-10';
  rows[200] = 'p200,card 4,5,some day';
  writeFileSync(join(folder, 'a.csv'), ['id,card,amount,date', ...rows].join('\n'));
  const plan = compiled();

  await inProcess(plan, async ({ ingest, flows }) => {
    const app = fastify();
    await app.register(ingest.routes);
    const send = (payload: string, token: string) =>
      app.inject({
        method: 'POST',
        url: '/v1/pipelines/payments/events/api',
        payload,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      });
    const event = '{ "payment_id": "h1", "card": "A", "amount": 5, "paid_at": "2026-01-01T00:00:00Z" }';
    expect((await send(event, 'wrong')).statusCode).toBe(403);
    expect((await send(event, 's3cret')).json()).toEqual({ accepted: 1, rejected: [] });
    expect(eventsOf(await flows(), 'api')).toMatchObject([
      { id: 'h1', key: 'A', eventTime: Date.UTC(2026, 0, 1), contentType: 'application/json', position: -1 },
    ]);
    expect((await send(`"${'x'.repeat(2 ** 20)}"`, 's3cret')).statusCode).toBe(413);
    await app.close();
  });

  await inProcess(plan, async ({ ingest, flows }) => {
    await ingest.finished;
    const read = eventsOf(await flows(), 'history').sort((a, b) => a.position - b.position);
    expect(read.map(({ position }) => position)).toEqual(rows.map((_, i) => i));
    expect(read.filter(({ kind }) => kind === 'rejected')).toMatchObject([
      { position: 100, code: 'expression_error', message: expect.stringContaining('a.csv, row 101') },
      { position: 200, code: 'expression_error', message: expect.stringContaining('some day') },
    ]);
    expect(read[5]).toMatchObject({ id: 'p5', key: 'card 5', eventTime: Date.UTC(2026, 0, 15) });
    expect(Buffer.from(read[5]!.payload!).toString()).toBe('id,card,amount,date\np5,card 5,5,2026-01-15');
  });

  await inProcess(plan, async ({ ingest, flows }) => {
    await ingest.finished;
    expect(eventsOf(await flows(), 'history')).toHaveLength(rows.length);
    expect(
      (await flows()).filter(({ kind, ended }) => kind === 'tick' && ended).length,
    ).toBeGreaterThanOrEqual(2 * plan.lanes);
  });
});
