import { describe, expect, test } from '@jest/globals';
import { EVENT_JSON, writeEventJson } from '@millrace/lanes/event-json';
import { ExpressionError } from '@millrace/pipeline/expression-error';
import type { EnrichPlan, Plan } from '@millrace/pipeline/plan';
import { stageContract } from '@millrace/testkit/contracts/stage';
import { flowOf, forwardedBy, readEvent } from '@millrace/testkit/flows';
import { enrichmentOf, planOf, tableOf } from '@millrace/testkit/plans';
import { createEnrich } from './stage.ts';
import type { Row, Table } from './table.ts';

const payment = { payment_id: 'p1', card: 'A', merchant_id: 'm1', amount: 12.5, currency: 'EUR', paid_at: 5 };
const rows: Readonly<Record<string, Row>> = {
  m1: Object.freeze({ city: 'Oslo', risk: 0.25 }),
  Oslo: Object.freeze({ city: 'NO', risk: 1 }),
};
const merchants = tableOf('merchants', {
  columns: new Map([
    ['city', 'string'],
    ['risk', 'double'],
  ]),
});
const inMemory: Table = { get: (key) => rows[key] ?? null };

function enriching(...enrich: readonly EnrichPlan[]): Plan {
  return planOf({ tables: [merchants], enrich });
}

function stageOf(table: Table, ...enrich: readonly EnrichPlan[]) {
  return createEnrich(enriching(...enrich), new Map([['merchants', table]]));
}

const both = enrichmentOf('merchant', 'merchants', { add: ['city', 'risk'] });

describe('a row that is there', () => {
  test('stands under the name of the enrichment', async () => {
    const [record] = await forwardedBy(stageOf(inMemory, both), [readEvent(payment)]);
    expect(record).toMatchObject({ kind: 'event', flags: [], event: { ...payment, merchant: rows.m1 } });
  });

  test('has only the columns that the enrichment adds', async () => {
    const [record] = await forwardedBy(
      stageOf(inMemory, enrichmentOf('merchant', 'merchants', { add: ['city'] })),
      [readEvent(payment)],
    );
    expect(record!.event!.merchant).toEqual({ city: 'Oslo' });
  });

  test.each([[['city', 'risk']], [['city']]])('is one frozen object for all events (%j)', (add) => {
    const stage = stageOf(inMemory, enrichmentOf('merchant', 'merchants', { add }));
    const records = [readEvent(payment), readEvent(payment)];
    for (const record of records) stage.process(record, { forward: () => {} });
    expect(records[0]!.event!.merchant).toBe(records[1]!.event!.merchant);
    expect(Object.isFrozen(records[0]!.event!.merchant)).toBe(true);
  });

  test('serves the enrichments after it', async () => {
    const country = enrichmentOf('country', 'merchants', {
      match: ({ event }) => (event!.merchant as Row).city as string,
    });
    const [record] = await forwardedBy(stageOf(inMemory, both, country), [readEvent(payment)]);
    expect(record!.event!.country).toEqual({ city: 'NO' });
  });
});

describe('a row that is not there', () => {
  test.each([
    ['no such row', 'unknown'],
    ['a null key', null],
  ])('flag: null and the flag (%s)', async (_, merchant_id) => {
    const record = readEvent({ ...payment, merchant_id }, { flags: ['small'] });
    const [flagged] = await forwardedBy(stageOf(inMemory, both), [record]);
    expect(flagged).toMatchObject({ kind: 'event', flags: ['small', 'merchant_missing'] });
    expect(flagged!.event).toMatchObject({ merchant: null, flags: ['small', 'merchant_missing'] });
  });

  test('ignore: null and no flag', async () => {
    const stage = stageOf(inMemory, { ...both, missing: 'ignore' });
    const [record] = await forwardedBy(stage, [readEvent({ ...payment, merchant_id: null })]);
    expect(record).toMatchObject({ kind: 'event', flags: [], event: { merchant: null } });
  });

  test('reject: the event is as it came', async () => {
    const other = enrichmentOf('other', 'merchants', { match: () => null });
    const stage = stageOf(inMemory, other, { ...both, missing: 'reject' });
    const [record] = await forwardedBy(stage, [readEvent({ ...payment, merchant_id: 'm9' })]);
    expect(record).toMatchObject({ kind: 'rejected', stage: 'enrich', code: 'merchant_missing', flags: [] });
    expect(record!.message).toContain('no row "m9"');
    expect(record!.event).toEqual({ ...payment, merchant_id: 'm9', flags: [] });
  });
});

test('a key that can not be computed is a verdict with the name of the enrichment', async () => {
  const match = () => {
    throw new ExpressionError('null_value', 'event.x is null', 'event.x.y');
  };
  const [record] = await forwardedBy(stageOf(inMemory, { ...both, match }), [readEvent(payment)]);
  expect(record).toMatchObject({ kind: 'rejected', stage: 'enrich', code: 'expression_error' });
  expect(record!.message).toBe('enrichment merchant: event.x is null');
});

describe('replays', () => {
  const stage = () => stageOf(inMemory, both);

  test('go on from the event that was refused', async () => {
    const refused = readEvent({ ...payment, amount: 2n ** 60n }, { flags: ['small'] });
    const replay = flowOf('replay', {
      stage: 'enrich',
      attempt: 1,
      contentType: EVENT_JSON,
      payload: writeEventJson(refused),
    });
    const [record] = await forwardedBy(stage(), [replay]);
    expect(record).toMatchObject({ kind: 'event', stage: '', attempt: 1, eventTime: 5, flags: ['small'] });
    expect(record!.event).toMatchObject({ amount: 2n ** 60n, merchant: rows.m1 });
  });

  test('with something else in them are refused', async () => {
    const payload = new TextEncoder().encode('{}');
    const replay = flowOf('replay', { stage: 'enrich', contentType: 'application/json', payload });
    const [record] = await forwardedBy(stage(), [replay]);
    expect(record).toMatchObject({ kind: 'rejected', stage: 'enrich', code: 'bad_replay', payload });
  });
});

describe('a table that has to be asked', () => {
  test('is asked once per batch and enrichment, for each key once', async () => {
    const asked: string[][] = [];
    const known = new Map<string, Row>();
    const remote: Table = {
      get: (key) => known.get(key) ?? null,
      async prepare(keys) {
        asked.push([...keys]);
        for (const key of keys) if (rows[key] !== undefined) known.set(key, rows[key]);
      },
    };
    const country = enrichmentOf('country', 'merchants', {
      match: ({ event }) => ((event!.merchant as Row | null)?.city as string | undefined) ?? null,
    });
    const stage = stageOf(remote, both, country);
    const batch = [
      readEvent(payment),
      flowOf('tick'),
      readEvent(payment),
      readEvent({ ...payment, merchant_id: null }),
    ];
    await stage.prepare!(batch);
    expect(asked).toEqual([['m1'], ['Oslo']]);
    for (const record of batch) stage.process(record, { forward: () => {} });
    expect(batch[0]!.event).toMatchObject({ merchant: rows.m1, country: { city: 'NO' } });
    expect(batch[3]!.flags).toEqual(['merchant_missing', 'country_missing']);
  });

  test('that is out of reach is no verdict', async () => {
    const down: Table = { get: () => null, prepare: () => Promise.reject(new Error('connection refused')) };
    await expect(stageOf(down, both).prepare!([readEvent(payment)])).rejects.toThrow('connection refused');
  });
});

stageContract('enrich', {
  create: () =>
    stageOf(
      inMemory,
      both,
      enrichmentOf('other', 'merchants', { missing: 'reject', match: ({ event }) => event!.card as string }),
    ),
  inputs: () => [
    readEvent(payment, { seq: 1 }),
    readEvent({ ...payment, merchant_id: 'm9', card: 'm1' }, { seq: 2 }),
    flowOf('tick', { seq: 3 }),
    readEvent({ ...payment, card: 'Oslo' }, { seq: 4 }),
  ],
  fromFlow: (record) => record,
});
