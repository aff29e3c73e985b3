import { describe, expect, test } from '@jest/globals';
import { type Counts, zeroCounts } from '@millrace/lanes/audit';
import { type Flow, NO_TIME } from '@millrace/lanes/flow';
import { compile } from '@millrace/pipeline/compile';
import { ExpressionError } from '@millrace/pipeline/expression-error';
import type { Plan, ValidatePlan } from '@millrace/pipeline/plan';
import { stageContract } from '@millrace/testkit/contracts/stage';
import { flowOf, forwardedBy, rawEvent } from '@millrace/testkit/flows';
import { PAYMENT_SCHEMA, planOf, ruleOf, sourceOf } from '@millrace/testkit/plans';
import { createValidate } from './stage.ts';

const ARRIVED = 1_700_000_000_000;
const payment = {
  payment_id: 'p1',
  card: 'A',
  merchant_id: 'm1',
  amount: 12.5,
  currency: 'EUR',
  paid_at: ARRIVED,
};

async function validate(record: Flow, parts: Partial<Plan> = {}, counts = zeroCounts()): Promise<Flow[]> {
  return forwardedBy(createValidate(planOf(parts), counts), [record]);
}

function validating(parts: Partial<ValidatePlan>): Partial<Plan> {
  return { validate: { clean: [], rules: [], unknownFields: 'reject', ...parts } };
}

const failing = () => {
  throw new ExpressionError('division_by_zero', 'event.amount / 0: division by zero', 'event.amount / 0');
};

const positive = ruleOf('positive', ({ event }) => Number(event!.amount) > 0, { message: 'amount > 0' });

describe('reading', () => {
  test('a payload becomes an event with no flags', async () => {
    const [record] = await validate(rawEvent(payment));
    expect(record).toMatchObject({ kind: 'event', id: 'p1', flags: [] });
    expect(record!.event).toEqual({ ...payment, flags: [] });
  });

  test('a CSV row is read as text', async () => {
    const row = 'payment_id,card,merchant_id,amount,currency,paid_at\np1,A,m1,12.5,EUR,1700000000000';
    const record = rawEvent(payment, { contentType: 'text/csv', payload: new TextEncoder().encode(row) });
    expect((await validate(record))[0]!.event).toEqual({ ...payment, flags: [] });
  });

  test.each([
    ['malformed_json', 'application/json', '{"card"'],
    ['unknown_content_type', 'image/png', '{}'],
  ])('%s is a verdict', async (code, contentType, text) => {
    const payload = new TextEncoder().encode(text);
    const [record] = await validate(rawEvent(payment, { contentType, payload }));
    expect(record).toMatchObject({ kind: 'rejected', stage: 'validate', code });
    expect(record!.payload).toEqual(payload);
  });

  test('all faults are named with their paths, the first gives the code', async () => {
    const { card: _, ...rest } = payment;
    const [record] = await validate(rawEvent({ ...rest, amount: 'much', extra: 1 }));
    expect(record).toMatchObject({ kind: 'rejected', code: 'missing_field' });
    expect(record!.message).toMatch(/card: .*; amount: .*; extra: /);
  });

  test('a source with a map gives what the map says, by row and row number', async () => {
    const legacy = sourceOf('legacy', {
      map: new Map(
        Object.entries({
          payment_id: ({ row_number }) => `row ${row_number}`,
          card: ({ row }) => row!.c,
          amount: () => 1,
          currency: () => 'EUR',
          paid_at: () => ARRIVED,
        }),
      ),
    });
    const record = rawEvent(
      { c: 'B', currency: 'USD', unknown: 1 },
      { source: 'legacy', position: 41, eventTime: 5 },
    );
    const [read] = await validate(record, { sources: [legacy] });
    expect(read!.event).toMatchObject({
      payment_id: 'row 41',
      card: 'B',
      currency: 'EUR',
      merchant_id: null,
    });
    expect(read!.eventTime).toBe(5);
  });

  test('a replay is mapped with the row number that its record had', async () => {
    const legacy = sourceOf('legacy', {
      map: new Map(
        Object.entries({
          payment_id: ({ row_number }) => `row ${row_number}`,
          card: ({ row }) => row!.c,
          amount: () => 1,
          currency: () => 'EUR',
          paid_at: () => ARRIVED,
        }),
      ),
    });
    const replay = rawEvent(
      { c: 'B' },
      {
        kind: 'replay',
        stage: 'validate',
        attempt: 1,
        source: 'legacy',
        position: 7_000,
        contentType: 'application/json; row=41',
      },
    );
    const [read] = await validate(replay, { sources: [legacy] });
    expect(read!.event).toMatchObject({ payment_id: 'row 41' });
  });

  test('a map that fails is a verdict that names the source', async () => {
    const legacy = sourceOf('legacy', { map: new Map([['card', failing]]) });
    const [record] = await validate(rawEvent(payment, { source: 'legacy' }), { sources: [legacy] });
    expect(record).toMatchObject({ kind: 'rejected', code: 'expression_error' });
    expect(record!.message).toBe('map of source legacy: event.amount / 0: division by zero');
  });

  test('an event time beyond max_ahead is refused, at max_ahead it is not', async () => {
    const at = (eventTime: number) => validate(rawEvent(payment, { eventTime, ingestTime: ARRIVED }));
    expect((await at(ARRIVED + 600_000))[0]!.kind).toBe('event');
    const [record] = await at(ARRIVED + 601_000);
    expect(record).toMatchObject({ kind: 'rejected', code: 'far_future' });
    expect(record!.message).toContain('601 s after it arrived');
  });
});

describe('cleaning', () => {
  const upper = {
    field: 'currency',
    value: ({ event }) => String(event!.currency).toUpperCase(),
  } as const satisfies ValidatePlan['clean'][number];

  test('changes the event in order, and not its id, key or time', async () => {
    const clean: ValidatePlan['clean'] = [
      upper,
      { field: 'card', value: ({ event }) => `${event!.card}-${event!.currency}` },
      { field: 'paid_at', value: () => 1 },
    ];
    const [record] = await validate(rawEvent({ ...payment, currency: 'eur' }), validating({ clean }));
    expect(record!.event).toMatchObject({ currency: 'EUR', card: 'A-EUR', paid_at: 1 });
    expect(record).toMatchObject({ id: 'p1', key: 'A', eventTime: ARRIVED });
  });

  test('a value is read as if it had arrived', async () => {
    const clean: ValidatePlan['clean'] = [{ field: 'paid_at', value: () => '1970-01-01T00:00:01Z' }];
    const [record] = await validate(rawEvent(payment), validating({ clean }));
    expect(record!.event).toMatchObject({ paid_at: 1_000 });
  });

  test('a value that does not fit the schema is refused', async () => {
    const clean: ValidatePlan['clean'] = [{ field: 'amount', value: () => 'a lot' }];
    const [record] = await validate(rawEvent(payment), validating({ clean }));
    expect(record).toMatchObject({ kind: 'rejected', code: 'clean_failed' });
    expect(record!.message).toContain('amount: ');
  });

  test('an expression that fails is refused', async () => {
    const clean: ValidatePlan['clean'] = [{ field: 'amount', value: failing }];
    const [record] = await validate(rawEvent(payment), validating({ clean }));
    expect(record).toMatchObject({
      code: 'expression_error',
      message: expect.stringContaining('clean amount: '),
    });
  });

  test('rules judge the cleaned event', async () => {
    const rules = [ruleOf('euro', ({ event }) => event!.currency === 'EUR')];
    const [record] = await validate(
      rawEvent({ ...payment, currency: 'eur' }),
      validating({ clean: [upper], rules }),
    );
    expect(record!.kind).toBe('event');
  });
});

describe('rules', () => {
  const small = ruleOf('small', ({ event }) => Number(event!.amount) < 10, { otherwise: 'flag' });
  const silent = ruleOf('silent', ({ event }) => event!.card !== 'test', { otherwise: 'drop' });

  test('reject keeps the original bytes and says which rule', async () => {
    const record = rawEvent({ ...payment, amount: -1 });
    const { payload } = record;
    const [rejected] = await validate(record, validating({ rules: [positive] }));
    expect(rejected).toMatchObject({
      kind: 'rejected',
      code: 'rule:positive',
      message: 'amount > 0',
      payload,
    });
  });

  test('flag adds its name, which later rules see', async () => {
    const rules = [small, ruleOf('seen', ({ event }) => !(event!.flags as string[]).includes('small'))];
    const [rejected] = await validate(rawEvent(payment), validating({ rules }));
    expect(rejected).toMatchObject({ code: 'rule:seen' });
    const [flagged] = await validate(rawEvent(payment), validating({ rules: [small] }));
    expect(flagged!.flags).toEqual(['small']);
    expect(flagged!.event!.flags).toEqual(['small']);
  });

  test('drop leaves the event out and counts it', async () => {
    const counts: Counts = zeroCounts();
    expect(
      await validate(rawEvent({ ...payment, card: 'test' }), validating({ rules: [silent] }), counts),
    ).toEqual([]);
    expect(counts).toEqual({ ...zeroCounts(), dropped: 1 });
  });

  test('the first that does not hold decides, flags aside', async () => {
    const record = () => rawEvent({ ...payment, card: 'test', amount: -1 });
    expect(await validate(record(), validating({ rules: [silent, positive] }))).toEqual([]);
    const [first] = await validate(record(), validating({ rules: [positive, silent] }));
    expect(first).toMatchObject({ code: 'rule:positive' });
  });

  test.each(['reject', 'flag', 'drop'] as const)(
    'one with `%s` that fails is a verdict with its name',
    async (otherwise) => {
      const rules = [ruleOf('ratio', failing, { otherwise })];
      const [record] = await validate(rawEvent(payment), validating({ rules }));
      expect(record).toMatchObject({ kind: 'rejected', code: 'expression_error' });
      expect(record!.message).toBe('rule ratio: event.amount / 0: division by zero');
    },
  );

  test('a bug stops the process instead of blaming the event', async () => {
    const broken = ruleOf('broken', () => {
      throw new TypeError('not an expression error');
    });
    await expect(validate(rawEvent(payment), validating({ rules: [broken] }))).rejects.toThrow(TypeError);
  });
});

describe('replays', () => {
  test.each(['validate', 'ingest'])(
    'one of what %s refused is judged as an event with its attempt',
    async (stage) => {
      const replay = rawEvent(payment, { kind: 'replay', stage, attempt: 2, eventTime: NO_TIME });
      const [record] = await validate(replay, validating({ rules: [positive] }));
      expect(record).toMatchObject({ kind: 'event', stage: '', attempt: 2, eventTime: ARRIVED });
    },
  );

  test.each([Number.NaN, -1e300])('a time of %p that it is given now is refused', async (paid) => {
    const replay = rawEvent(payment, { kind: 'replay', stage: 'ingest', attempt: 1, eventTime: NO_TIME });
    const event = { ...planOf().event, time: () => paid };
    const [record] = await validate(replay, { event });
    expect(record).toMatchObject({
      kind: 'rejected',
      code: 'bad_time',
      stage: 'validate',
      eventTime: NO_TIME,
    });
  });

  test('refused again, it keeps its attempt', async () => {
    const replay = rawEvent({ ...payment, amount: -1 }, { kind: 'replay', stage: 'validate', attempt: 2 });
    const [record] = await validate(replay, validating({ rules: [positive] }));
    expect(record).toMatchObject({ kind: 'rejected', attempt: 2, code: 'rule:positive' });
  });
});

describe('with a compiled document', () => {
  const document = `
pipeline: payments
event: { schema: ./payment.avsc, id: event.payment_id, key: event.card, time: event.paid_at }
sources:
  api: { http: {} }
validate:
  clean:
    currency: event.currency.upperAscii()
  rules:
    - name: ratio
      check: 100.0 / event.amount > 1.0
      otherwise: flag
    - name: known
      check: is_known(event.card)
      otherwise: reject
      message: the card is not known
`;
  const { plan: compiled, faults } = compile({
    path: '/pipelines/p.yaml',
    text: document,
    load: () => JSON.stringify(PAYMENT_SCHEMA),
    functions: {
      is_known: (card: unknown) => {
        if (card === 'broken') throw new TypeError('no such list');
        return card === 'A';
      },
    },
    catalogue: { sources: { http: { name: 'http', summary: '', settings: { type: 'object' } } } },
  });

  test.each([
    ['holds', { currency: 'eur' }, { kind: 'event', flags: [], event: { currency: 'EUR' } }],
    ['does not hold', { card: 'B' }, { code: 'rule:known', message: 'the card is not known' }],
    [
      'divides by zero',
      { amount: 0 },
      { code: 'expression_error', message: expect.stringMatching(/^rule ratio: .*zero/) },
    ],
    [
      'calls what throws',
      { card: 'broken' },
      { code: 'expression_error', message: expect.stringMatching(/^rule known: .*no such list/) },
    ],
  ])('a rule that %s', async (_, fields, expected) => {
    expect(faults).toEqual([]);
    const [record] = await validate(rawEvent({ ...payment, ...fields }), compiled!);
    expect(record).toMatchObject(expected);
  });
});

const plan = planOf(
  validating({
    rules: [
      positive,
      ruleOf('small', ({ event }) => Number(event!.amount) < 10, { otherwise: 'flag' }),
      ruleOf('real', ({ event }) => event!.card !== 'test', { otherwise: 'drop' }),
    ],
  }),
);

stageContract('validate', {
  create: () => createValidate(plan, zeroCounts()),
  inputs: () => [
    rawEvent(payment, { seq: 1 }),
    flowOf('tick', { seq: 2 }),
    rawEvent({ ...payment, amount: 0 }, { seq: 3 }),
    rawEvent({ ...payment, card: 'test' }, { seq: 4 }),
    rawEvent({ ...payment, amount: 1 }, { seq: 5 }),
  ],
  fromFlow: (record) => record,
});
