import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningPipeline, startPipeline } from '@millrace/millrace/start-pipeline';
import type { Label, Merchant } from '../generator/payment.ts';
import { generatePayments } from '../generator/payments.ts';
import { compileText } from './compiled.ts';

const SEED = 11;
const PAYMENTS = 10_000;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

type Row = Readonly<Record<string, unknown>>;

const folder = mkdtempSync(join(tmpdir(), 'millrace-payments-'));
const { csv, rows, labels } = generatePayments(SEED, PAYMENTS, readMerchants());
let pipeline: RunningPipeline;
let alerts: readonly Row[] = [];
let deadLetters: readonly Row[] = [];

beforeAll(async () => {
  const file = join(folder, 'payments.csv');
  writeFileSync(file, csv);
  const plan = compileText({ './generated/payments.csv': file, 'pace: 2000/s': '' });
  pipeline = await startPipeline({
    plan,
    folder: join(folder, 'data'),
    logger: SILENT,
    env: { MILLRACE_SECRET_INGEST_TOKEN: 'token' },
    stdout: { write: () => {} },
    listen: { host: '127.0.0.1', port: 0 },
  });
  await Promise.race([pipeline.sourcesDone, pipeline.finished]);
  alerts = await all('alerts');
  deadLetters = await all('deadletters');
}, 60_000);

afterAll(async () => {
  await pipeline?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('every payment has the outcome that its label says', () => {
  const { audit } = pipeline.status();
  const dropped = ofKind('terminal_test').length;
  const duplicate = ofKind('duplicate').length;
  const rejected = ofKind('impossible').length;
  expect(Math.min(dropped, duplicate, rejected)).toBeGreaterThan(0);
  const processed = rows - dropped - duplicate - rejected;
  expect(audit).toMatchObject({
    events: rows,
    dropped,
    duplicate,
    rejected,
    processed,
    late: 0,
    balanced: true,
  });
});

test('the impossible amounts are the dead letters, each with its reason', () => {
  expect(deadLetters.map(({ code, eventId }) => `${code} ${eventId}`).toSorted()).toEqual(
    ofKind('impossible').map(({ payment }) => `rule:plausible_amount ${payment}`),
  );
});

test('velocity alarms for exactly the bursts, whatever comes close', () => {
  expect(ofKind('almost').length).toBeGreaterThan(0);
  expect(alarms('velocity')).toEqual(ofKind('velocity').map(({ card, start }) => `${card} ${start}`));
});

test('card testing alarms for exactly the merchants and minutes where it went on', () => {
  expect(ofKind('almost_card_testing').length).toBeGreaterThan(0);
  const planted = ofKind('card_testing').map(({ merchant, start }) => `${merchant} ${start}`);
  expect(alarms('card_testing')).toEqual(planted);
});

test('unusual amounts: at least 90 % of the outliers are found, and 80 % of what is found are outliers', () => {
  const planted = new Set(ofKind('outlier').map(({ payment }) => payment));
  const found = alerts
    .filter(({ name }) => name === 'unusual_amount')
    .map(({ eventId }) => eventId as string);
  const right = found.filter((id) => planted.has(id)).length;
  expect(planted.size).toBeGreaterThan(20);
  expect(right / planted.size).toBeGreaterThanOrEqual(0.9);
  expect(right / found.length).toBeGreaterThanOrEqual(0.8);
});

test('the same seed gives the same file, another one another', () => {
  expect(generatePayments(SEED, 500, readMerchants())).toEqual(generatePayments(SEED, 500, readMerchants()));
  expect(generatePayments(SEED + 1, 500, readMerchants()).csv).not.toBe(
    generatePayments(SEED, 500, readMerchants()).csv,
  );
});

type Kind = Label['kind'];
type OfKind<K extends Kind> = Extract<Label, { readonly kind: K }> & { readonly kind: K };

/** In the order of what a test makes of them, so that lists can be compared. */
function ofKind<K extends Kind>(kind: K): readonly OfKind<K>[] {
  const sorted = (label: Label): string => JSON.stringify(Object.values(label));
  return labels
    .filter((label): label is OfKind<K> => label.kind === kind)
    .toSorted((a, b) => (sorted(a) < sorted(b) ? -1 : 1));
}

/** `GROUP START` of each alert of a detector on a window. */
function alarms(name: string): readonly string[] {
  return alerts
    .filter((alert) => alert.name === name)
    .map(({ group, window }) => `${group} ${new Date((window as { start: number }).start).toISOString()}`)
    .toSorted();
}

async function all(what: string): Promise<readonly Row[]> {
  const found: Row[] = [];
  for (let after = ''; ; ) {
    const response = await fetch(`${pipeline.url}/v1/pipelines/payments/${what}?limit=1000${after}`);
    const page = (await response.json()) as { readonly rows: readonly Row[]; readonly next: string | null };
    found.push(...page.rows);
    if (page.next === null) return found;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}

function readMerchants(): Merchant[] {
  const [, ...lines] = readFileSync(new URL('../merchants.csv', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => ({ id: line.split(',')[0]!, currency: line.split(',')[3]! }));
}
