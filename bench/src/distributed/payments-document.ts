import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Payment',
  fields: [
    { name: 'payment_id', type: 'string' },
    { name: 'card', type: 'string' },
    { name: 'merchant', type: 'string' },
    { name: 'amount', type: 'double' },
    { name: 'currency', type: 'string' },
    { name: 'channel', type: 'string' },
    { name: 'paid_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
});

const MERCHANTS = 100;
const CARDS = 200;

export const LANES = 4;

/** Something of each stage; every payment reaches the topic that the probe reads, after the store, if it is to. */
function documentOf(pipeline: string, stores: boolean): string {
  return `pipeline: ${pipeline}
lanes: ${LANES}
event:
  schema: ./payment.avsc
  id: event.payment_id
  key: event.card
  time: event.paid_at
time: { out_of_order: 2s, max_ahead: 10m }
sources:
  api: { http: {} }
validate:
  rules:
    - { name: positive, check: event.amount > 0 }
    - { name: known_currency, check: 'event.currency in ["EUR", "USD", "GBP"]' }
tables:
  merchants: { file: ./merchants.csv, primary: id }
enrich:
  - { name: shop, table: merchants, match: event.merchant, add: [city] }
aggregate:
  - name: per_card
    by: event.card
    window: { tumbling: 10s }
    compute: { payments: count(), total: sum(event.amount) }
  - name: per_city
    by: event.shop.city
    window: { tumbling: 10s }
    compute: { payments: count(), total: sum(event.amount) }
detect:
  - { name: velocity, on: windows.per_card, when: window.payments > 100, once_per: window, severity: high }
route:
  - { name: every, to: [${stores ? '{ store: events }, ' : ''}{ topic: { name: ${resultTopic(pipeline)} } }] }
`;
}

/** Where the pipeline's route puts each payment. */
export function resultTopic(pipeline: string): string {
  return `${pipeline}.results`;
}

/** Writes the document with what it names. @param stores every payment is also a row. @returns its path. */
export function writePayments(folder: string, pipeline: string, stores: boolean): string {
  mkdirSync(folder, { recursive: true });
  const rows = Array.from({ length: MERCHANTS }, (_, i) => `m${i},City ${i % 20}`);
  writeFileSync(join(folder, 'payment.avsc'), SCHEMA);
  writeFileSync(join(folder, 'merchants.csv'), `id,city\n${rows.join('\n')}\n`);
  writeFileSync(join(folder, 'pipeline.yaml'), documentOf(pipeline, stores));
  return join(folder, 'pipeline.yaml');
}

/** The `i`th payment as JSON. `paidAt`: milliseconds. */
export function paymentText(i: number, paidAt: number): string {
  return JSON.stringify({
    payment_id: `p${i}`,
    card: cardOf(i),
    merchant: `m${(i * 31) % MERCHANTS}`,
    amount: ((i * 7) % 10_000) / 100 + 0.01,
    currency: 'EUR',
    channel: i % 3 === 0 ? 'web' : 'terminal',
    paid_at: Math.floor(paidAt),
  });
}

/** The payment's key. */
export function cardOf(i: number): string {
  return `c${(i * 7_919) % CARDS}`;
}

/** Which payment a result is of; -1: of none. */
export function paymentIndex(result: Buffer): number {
  const at = result.indexOf('"payment_id":"p');
  if (at < 0) return -1;
  return Number.parseInt(result.toString('latin1', at + 15, at + 27), 10);
}
