import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@millrace/testkit/eventually';
import { type OtlpReceiver, startOtlpReceiver } from '@millrace/testkit/otlp-receiver';
import { type Row, type RunningOrders, startOrders } from './fixtures/running-orders.ts';
import { asLine, type Order, orders } from './orders.ts';
import { findPython, script } from './python.ts';
import { cities, type Expected, recompute } from './recompute.ts';

const PATIENCE_MS = 180_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SHOP_RATE = 500;
const TRACEPARENT = `00-${randomBytes(16).toString('hex')}-00f067aa0ba902b7-01`;
const SCHEMA = fileURLToPath(new URL('../order.avsc', import.meta.url));
/** Enough that each lane has some. */
const LAST_CUSTOMERS = 64;

const python = await findPython();
const onPython = python === null ? test.skip : test;

const start = Math.floor((Date.now() - HOUR_MS) / MINUTE_MS) * MINUTE_MS;
const shop = orders('shop', 5_000, start);
const tills = orders('till', 2_500, start);
const sent = [...shop, ...tills];
const paid = sent.filter(({ amount }) => amount > 0);
const unpaid = sent.filter(({ amount }) => amount === 0);
/** The shop sends these a second time. */
const twice = shop.filter((_, i) => i % 400 === 0);
const [traced] = paid;
/** They come when all the others are through, and close their windows. */
const last = orders('last', LAST_CUSTOMERS, start + HOUR_MS).map((order, i) => ({
  ...order,
  customer: `last ${i}`,
  amount: 1,
  receipt: i,
}));
const expected: Expected = recompute(paid);

let running: RunningOrders;
let receiver: OtlpReceiver;

beforeAll(async () => {
  if (python === null) return;
  receiver = await startOtlpReceiver();
  running = await startOrders({ MILLRACE_OTLP_ENDPOINT: receiver.endpoint, MILLRACE_TRACE_RATE: '0' });
}, PATIENCE_MS);

afterAll(async () => {
  await running?.close();
  await receiver?.close();
}, PATIENCE_MS);

/** Each event counts once, however often ingest has read it. */
async function distinct(): Promise<number> {
  const { audit } = await running.status();
  return audit.processed + audit.rejected;
}

async function allThrough(events: number): Promise<void> {
  await eventually(
    `${events} events have an outcome`,
    async () => {
      const { audit } = await running.status();
      if (audit.late > 0) throw new Error(`${audit.late} events were late`);
      return audit.processed + audit.rejected === events && audit.inFlight === 0 && audit.balanced;
    },
    PATIENCE_MS,
  );
}

const key = ({ group, start: at }: Row) => `${group} ${at}`;
const byWindow = (rows: readonly Row[]) => new Map(rows.map((row) => [key(row), row.values]));

onPython(
  'what Python writes, JSON and Avro, is counted once, also where ingest is killed while it reads',
  async () => {
    const { topics, others } = running;
    const json = script(
      python!,
      'write_topic.py',
      topics.shop,
      '--key',
      'customer',
      '--rate',
      String(SHOP_RATE),
    );
    const avro = script(python!, 'write_topic.py', topics.tills, '--key', 'customer', '--schema', SCHEMA);
    for (const order of [...shop, ...twice])
      json.child.stdin!.write(asLine(order === traced ? { ...order, traceparent: TRACEPARENT } : order));
    json.child.stdin!.end();
    avro.child.stdin!.end(tills.map(asLine).join(''));
    await others.send(topics.shop, 1, [Buffer.from('{"order_id": "broken')]);
    await eventually('some have been read', async () => (await distinct()) > shop.length / 10, PATIENCE_MS);
    expect(json.child.exitCode).toBeNull();
    await running.killIngest();
    await Promise.all([json.ended, avro.ended]);
    await running.startIngest();

    await allThrough(sent.length + 1);
    await running.post(last);
    await allThrough(sent.length + 1 + last.length);
    const { audit } = await running.status();
    expect(audit).toMatchObject({ processed: paid.length + last.length, rejected: unpaid.length + 1 });
    expect(audit.duplicate).toBeGreaterThanOrEqual(twice.length);

    const windows = (name: string) => running.rows(`windows/${name}`);
    const isThere = async () =>
      (await windows('per_customer')).length >= expected.perCustomer.size &&
      (await windows('per_city')).filter(({ final }) => final).length >= expected.perCity.size;
    await eventually('all windows have closed', isThere, PATIENCE_MS);
    expect(byWindow(await windows('per_customer'))).toEqual(expected.perCustomer);
    expect(byWindow(await windows('per_city'))).toEqual(expected.perCity);
    expect(new Set((await running.rows('alerts')).map(({ id }) => id))).toEqual(expected.alerts);
    expect(new Set((await running.rows('deadletters')).map(({ code }) => code))).toEqual(
      new Set(['rule:paid', 'malformed_json']),
    );
  },
  3 * PATIENCE_MS,
);

interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly timestamp: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly name: string;
  readonly record: Row & { readonly event: Row };
}

/** What Python has read, by the topic's name and the record's; receipts keep every digit. */
function linesOf(printed: string): ReadonlyMap<string, readonly Line[]> {
  const exact = (name: string, value: unknown, context?: { readonly source?: string }) =>
    name === 'receipt' ? BigInt(context!.source!) : value;
  const lines = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line, exact as never) as Line);
  return Map.groupBy(lines, ({ topic, name }) => `${topic.slice(topic.indexOf('.') + 1)} ${name}`) as Map<
    string,
    Line[]
  >;
}

const time = (text: unknown) => Date.parse(String(text));
const isLast = (id: unknown) => String(id).startsWith('last');

onPython(
  'Python reads events, windows and alerts by the registry, and leaves out repeats by their lane fields',
  async () => {
    const topics = ['enriched', 'aggregated', 'windows', 'alerts'].map(
      (name) => `${running.pipeline}.${name}`,
    );
    const group = `reader-${running.pipeline}`;
    const lines = linesOf(
      await script(python!, 'read_topics.py', '--to-end', '--group', group, ...topics).ended,
    );
    expect([...lines.keys()].sort()).toEqual(
      expect.arrayContaining([
        'aggregated Aggregated',
        'aggregated Rejected',
        'alerts Alert',
        'enriched Enriched',
        'enriched Opened',
        'enriched Rejected',
        'enriched Tick',
        'windows Window_per_city',
        'windows Window_per_customer',
      ]),
    );
    checkEnriched(lines.get('enriched Enriched')!);
    const ids = lines.get('aggregated Aggregated')!.map(({ record }) => record.id);
    expect(ids.filter((id) => !isLast(id)).sort()).toEqual(paid.map(({ order_id }) => order_id).sort());
    const refused = lines.get('aggregated Rejected')!.map(({ record }) => record);
    expect(
      refused
        .filter(({ code }) => code === 'rule:paid')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(unpaid.map(({ order_id }) => order_id).sort());
    expect(refused.find(({ code }) => code === 'malformed_json')).toMatchObject({
      stage: 'ingest',
      source: 'shop',
      payload: '{"order_id": "broken',
    });
    checkWindows(lines);
    checkAlerts(lines.get('alerts Alert')!);
  },
  PATIENCE_MS,
);

function checkEnriched(lines: readonly Line[]): void {
  const cityOf = cities();
  const orderOf = new Map(paid.map((order) => [order.order_id, order]));
  const partitions = new Map<unknown, number>();
  for (const { record, partition, key: recordKey, timestamp, headers } of lines) {
    if (isLast(record.id)) continue;
    const order: Order = orderOf.get(String(record.id))!;
    expect({ ...record.event, placed_at: time(record.event.placed_at) }).toEqual(order);
    const city = cityOf.get(order.customer);
    expect(record).toMatchObject({
      source: order.order_id.startsWith('shop') ? 'shop' : 'tills',
      key: order.customer,
      event_time: order.placed_at,
      home: city === undefined ? null : { city },
      flags_validate: [],
      flags_enrich: city === undefined ? ['home_missing'] : [],
    });
    expect(recordKey).toBe(null);
    expect(timestamp).toBe(record.ingest_time);
    const trace = headers.traceparent?.split('-')[1];
    expect(trace).toBe(order === traced ? TRACEPARENT.split('-')[1] : undefined);
    const lane = partitions.get(order.customer) ?? partition;
    expect(partition).toBe(lane);
    partitions.set(order.customer, lane);
  }
  expect(new Set(lines.map(({ record }) => record.id)).size).toBe(paid.length + LAST_CUSTOMERS);
}

function checkWindows(lines: ReadonlyMap<string, readonly Line[]>): void {
  const finals = (name: string) => lines.get(`windows Window_${name}`)!.filter(({ record }) => record.final);
  const values = (name: string, columns: readonly string[]) =>
    new Map(
      finals(name).map(({ record }) => [
        `${record.group} ${time(record.start)}`,
        Object.fromEntries(columns.map((column) => [column, record[column]])),
      ]),
    );
  expect(values('per_customer', ['orders', 'total'])).toEqual(expected.perCustomer);
  expect(values('per_city', ['orders', 'total', 'largest'])).toEqual(expected.perCity);
  // No correction was needed, and no repeat came through. (What is summed over lanes may come in several revisions.)
  expect(finals('per_customer')).toHaveLength(expected.perCustomer.size);
  for (const { key: recordKey, record } of finals('per_customer')) {
    expect(recordKey).toBe(record.group);
    expect(time(record.end) - time(record.start)).toBe(MINUTE_MS);
  }
}

function checkAlerts(lines: readonly Line[]): void {
  expect(lines.map(({ record }) => record.id).sort()).toEqual([...expected.alerts].sort());
  for (const { record } of lines) {
    const ofWindow = record.name === 'busy';
    expect(record).toMatchObject({
      severity: ofWindow ? 'high' : 'low',
      event_id: ofWindow ? null : expect.any(String),
      window: ofWindow ? expect.objectContaining({ name: 'per_customer' }) : null,
    });
  }
}
