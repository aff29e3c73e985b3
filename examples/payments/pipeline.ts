// The pipeline of pipeline.yaml in its typed form: `millrace lint pipeline.ts`. A pure function may stand wherever an
// expression may: its argument has the type of what it sees, and a misspelt field is an error in the editor.
import { definePipeline } from '@millrace/pipeline/define-pipeline';
import { euros } from './functions.ts';

/** As payment.avsc says; `millrace types pipeline.yaml` writes such types. */
interface Payment {
  readonly payment_id: string;
  readonly card: string;
  readonly merchant_id: string;
  readonly amount: number;
  readonly currency: string;
  readonly channel: 'chip' | 'contactless' | 'online';
  readonly device: string | null;
  /** Milliseconds since 1970 UTC. */
  readonly paid_at: number;
}

/** What each enrichment adds. */
interface Added {
  merchant: { readonly name: string | null; readonly country: string | null; readonly risk: number | null };
}

/** In `compute`, aggregates are text in this form, too. */
const EUROS = 'euros(event.amount, event.currency)';

export default definePipeline<Payment, Added>({
  pipeline: 'payments',
  lanes: 4,
  event: {
    schema: './payment.avsc',
    id: 'event.payment_id',
    key: 'event.card',
    time: 'event.paid_at',
    priority: ({ event }) => (event.amount >= 1000 ? 'high' : 'normal'),
  },
  time: { out_of_order: '5s', max_ahead: '10m', idle: '30s', dedupe: '1h', keep: '1d' },
  trace: { rate: 0.05 },
  secrets: ['ingest_token'],
  functions: './functions.ts',
  sources: {
    api: { http: { auth: 'secret:ingest_token', body_limit: '1MiB' } },
    history: {
      file: { path: './generated/payments.csv', delimiter: ';', pace: '2000/s' },
      map: {
        payment_id: 'row.reference',
        card: 'row.card',
        merchant_id: 'row.merchant',
        amount: 'row.amount',
        currency: 'row.currency',
        channel: 'row.channel',
        device: ({ row }) => (row.device === '' ? null : row.device),
        paid_at: 'parse_time(row.time, "yyyy-MM-dd HH:mm:ss.SSS", "UTC")',
      },
    },
  },
  validate: {
    clean: { currency: ({ event }) => event.currency.trim().toUpperCase() },
    rules: [
      { name: 'real_card', check: '!event.card.startsWith("test_")', otherwise: 'drop' },
      {
        name: 'known_currency',
        check: 'event.currency in ["EUR", "CHF", "GBP", "USD"]',
        otherwise: 'reject',
      },
      {
        name: 'plausible_amount',
        check: ({ event }) => event.amount > 0 && event.amount < 100_000,
        otherwise: 'reject',
        message: 'An amount is above 0 and below 100,000',
      },
      {
        name: 'unknown_device',
        check: 'event.channel != "online" || event.device != null',
        otherwise: 'flag',
      },
    ],
  },
  tables: {
    merchants: { file: './merchants.csv', primary: 'id', columns: { risk: 'double' }, refresh: '1h' },
  },
  enrich: [
    {
      name: 'merchant',
      table: 'merchants',
      match: 'event.merchant_id',
      add: ['name', 'country', 'risk'],
      missing: 'flag',
    },
  ],
  aggregate: [
    {
      name: 'card_velocity',
      by: 'event.card',
      window: { tumbling: '1m' },
      lateness: '30s',
      emit: 'updates',
      compute: { payments: 'count()', total: `sum(${EUROS})`, largest: `max(${EUROS})` },
    },
    {
      name: 'merchant_small',
      by: 'event.merchant_id',
      window: { tumbling: '10m' },
      when: ({ event }) => event.channel === 'online' && inEuros(event) < 2,
      compute: { payments: 'count()' },
    },
    {
      name: 'country_turnover',
      by: ({ event }) => event.merchant?.country ?? null,
      window: { tumbling: '1h' },
      lateness: '5m',
      on_late: 'update',
      compute: {
        payments: 'count()',
        turnover: `sum(${EUROS})`,
        mean: `avg(${EUROS})`,
        smallest: `min(${EUROS})`,
      },
    },
  ],
  detect: [
    {
      name: 'velocity',
      on: 'windows.card_velocity',
      when: 'window.payments > 5',
      value: 'window.payments',
      once_per: 'window',
      severity: 'high',
      message: 'More than five payments with one card in a minute',
    },
    {
      name: 'card_testing',
      on: 'windows.merchant_small',
      when: 'window.payments > 20',
      value: 'window.payments',
      once_per: 'window',
      severity: 'critical',
      message: 'A merchant is used to find out which stolen cards still work',
    },
    {
      name: 'unusual_amount',
      by: 'event.card',
      value: ({ event }) => Math.log(inEuros(event)),
      method: { zscore: { threshold: 4, half_life: '30d', warmup: 30 } },
      message: 'The amount (its logarithm) is unlike the others of this card',
    },
    {
      name: 'risky_merchant',
      when: ({ event }) => (event.merchant?.risk ?? 0) >= 0.8 && inEuros(event) > 500,
      value: 'event.amount',
      severity: 'low',
      message: 'A large payment to a merchant with many chargebacks',
    },
  ],
  route: [
    {
      name: 'alarms',
      from: 'alerts',
      when: ({ alert }) => alert.severity === 'high' || alert.severity === 'critical',
      to: [{ topic: 'fraud.alarms' }, { console: {} }],
    },
    {
      name: 'review',
      when: ({ event }) => event.flags.includes('unknown_device') && inEuros(event) > 250,
      to: [{ topic: 'fraud.review' }],
    },
    { name: 'large', when: ({ event }) => inEuros(event) > 5000, to: [{ store: 'events' }] },
    {
      name: 'books',
      from: 'windows.country_turnover',
      when: 'window.final',
      to: [{ topic: 'books.turnover' }],
    },
  ],
});

/** Every currency that passes `known_currency` has a rate. */
function inEuros({ amount, currency }: Payment): number {
  return euros(amount, currency)!;
}
