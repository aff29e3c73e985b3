import { describe, expect, test } from '@jest/globals';
import { EVENT_JSON, readEventJson } from '@millrace/lanes/event-json';
import type { Flow } from '@millrace/lanes/flow';
import type { Alert, WindowResult } from '@millrace/lanes/made';
import type { DeadLetterRow, ResultRow } from '@millrace/lanes/ports/results';
import type { Delivery, RouteInput, TopicRecord } from '@millrace/lanes/stage';
import { ExpressionError } from '@millrace/pipeline/expression-error';
import type { Plan, RoutePlan } from '@millrace/pipeline/plan';
import { stageContract } from '@millrace/testkit/contracts/stage';
import { flowOf, outputsOf, readEvent } from '@millrace/testkit/flows';
import { planOf, routeOf } from '@millrace/testkit/plans';
import { sinkKinds } from './sinks.ts';
import { createRoute } from './stage.ts';

const payment = { payment_id: 'p1', card: 'A', merchant_id: 'm1', amount: 12.5, currency: 'EUR', paid_at: 5 };
const alert: Alert = {
  id: 'velocity:p1',
  name: 'velocity',
  group: 'A',
  severity: 'high',
  message: 'too many',
  time: 5,
  value: 6,
  score: null,
  eventId: 'p1',
  window: null,
};
const result: WindowResult = {
  name: 'card_velocity',
  group: 'A',
  start: 0,
  end: 60_000,
  revision: 2,
  final: true,
  values: { payments: 6 },
};

function routing(...routes: readonly RoutePlan[]): Plan {
  return planOf({ routes });
}

const toConsole = (name: string, parts: Partial<RoutePlan> = {}) =>
  routeOf(name, { to: [{ name: `${name}.console`, kind: 'console', config: {} }], ...parts });
const toTopic = (name: string, topic: string, parts: Partial<RoutePlan> = {}) =>
  routeOf(name, { to: [{ name: `${name}.topic`, kind: 'topic', config: { name: topic } }], ...parts });
const toStore = (name: string, parts: Partial<RoutePlan> = {}) =>
  routeOf(name, { to: [{ name: `${name}.store`, kind: 'store', config: { table: 'events' } }], ...parts });

const aggregated = (flow: Flow, seq = flow.seq): RouteInput => ({ topic: 'aggregated', seq, flow });
const someEvent = (parts: Partial<Flow> = {}) => readEvent(payment, { seq: 9, ...parts });

async function routed(plan: Plan, ...inputs: readonly RouteInput[]) {
  const made = (await outputsOf(createRoute(plan, sinkKinds), inputs)).flat();
  return {
    rows: made.flatMap(([method, row]) => (method === 'store' ? [row as ResultRow] : [])),
    appended: made.flatMap(([method, ...rest]) =>
      method === 'append' ? [rest as [string, number, TopicRecord]] : [],
    ),
    delivered: made.flatMap(([method, ...rest]) =>
      method === 'deliver' ? [rest as [string, Delivery]] : [],
    ),
  };
}

const failing = () => {
  throw new ExpressionError('null_value', 'event.city is null', 'event.city.size() > 3');
};

describe('what is always stored', () => {
  test('windows, by seq and revision', async () => {
    const { rows } = await routed(routing(), { topic: 'windows', seq: 9, result });
    expect(rows).toEqual([
      { table: 'windows', pipeline: 'payments', version: { position: 9, revision: 2 }, ...result },
    ]);
  });

  test('alerts, by seq', async () => {
    const { rows } = await routed(routing(), { topic: 'alerts', seq: 9, alert });
    expect(rows).toEqual([
      { table: 'alerts', pipeline: 'payments', version: { position: 9, revision: 0 }, ...alert },
    ]);
  });

  test('events are not, nor do ticks make anything', async () => {
    const { rows } = await routed(
      routing(),
      aggregated(someEvent()),
      aggregated(flowOf('tick')),
      aggregated(flowOf('opened')),
    );
    expect(rows).toEqual([]);
  });
});

describe('routes', () => {
  test('each one whose condition holds applies', async () => {
    const plan = routing(
      toConsole('all'),
      toConsole('large', { when: ({ event }) => Number(event!.amount) > 5_000 }),
      toConsole('euro', { when: ({ event }) => event!.currency === 'EUR' }),
      toConsole('alarms', { from: { topic: 'alerts' } }),
    );
    const { delivered } = await routed(plan, aggregated(someEvent()));
    expect(delivered.map(([sink]) => sink)).toEqual(['all.console', 'euro.console']);
  });

  test('alerts and windows have their own, windows by name', async () => {
    const plan = routing(
      toConsole('alarms', { from: { topic: 'alerts' }, when: (scope) => scope.alert!.severity === 'high' }),
      toConsole('busy', {
        from: { topic: 'windows', window: 'card_velocity' },
        when: ({ window }) => Number(window!.payments) > 5 && window!.group === 'A',
      }),
      toConsole('other', { from: { topic: 'windows', window: 'other' } }),
    );
    const { delivered } = await routed(
      plan,
      { topic: 'alerts', seq: 1, alert },
      { topic: 'windows', seq: 2, result },
    );
    expect(delivered).toMatchObject([
      ['alarms.console', { from: 'alert', id: 'velocity:p1', key: 'A', time: 5, value: alert }],
      ['busy.console', { from: 'window', id: 'card_velocity:A:0:2', key: 'A', time: 60_000, value: result }],
    ]);
  });

  test('a late event is a dead letter and still reaches its routes', async () => {
    const { rows, delivered } = await routed(
      routing(toConsole('all')),
      aggregated(someEvent({ late: true })),
    );
    expect(rows).toMatchObject([
      { table: 'deadletters', id: 'p1/aggregate/0', stage: 'aggregate', code: 'late' },
    ]);
    expect(delivered).toHaveLength(1);
  });

  test('a condition that fails is a dead letter of each of its sinks; the other routes go on', async () => {
    const plan = routing(toConsole('broken', { when: failing }), toConsole('all'));
    const { rows, delivered } = await routed(plan, aggregated(someEvent()));
    expect(rows).toMatchObject([
      {
        id: 'p1/sink:broken.console/0',
        stage: 'sink:broken.console',
        eventId: 'p1',
        code: 'expression_error',
      },
    ]);
    expect((rows[0] as DeadLetterRow).message).toContain('when of route broken: event.city is null');
    expect(delivered.map(([sink]) => sink)).toEqual(['all.console']);
  });

  test('a sink of a kind that is not there is refused at start', () => {
    const plan = routing(routeOf('r', { to: [{ name: 'r.pigeon', kind: 'pigeon', config: {} }] }));
    expect(() => createRoute(plan, sinkKinds)).toThrow('route r: this program has no sinks of kind pigeon');
  });
});

describe('store', () => {
  test('keeps the event as JSON data', async () => {
    const event = someEvent();
    Object.assign(event.event!, {
      merchant: { visits: 2n ** 60n },
      raw: new Uint8Array([1, 2]),
      flags: ['small'],
    });
    const { rows } = await routed(routing(toStore('large')), aggregated(event));
    expect(rows).toEqual([
      {
        table: 'events',
        pipeline: 'payments',
        version: { position: 9, revision: 0 },
        route: 'large',
        id: 'p1',
        key: 'A',
        time: 5,
        event: { ...payment, merchant: { visits: '1152921504606846976' }, raw: 'AQI=', flags: ['small'] },
      },
    ]);
  });

  test('is only for events', () => {
    const check = (from: string) =>
      sinkKinds.store!.check!({ table: 'events' }, { pipeline: 'payments', from });
    expect(check('events')).toBeNull();
    expect(check('windows.card_velocity')).toContain('windows.card_velocity always are');
  });
});

describe('topic', () => {
  test('gets a JSON record in the lane of its key', async () => {
    const { appended } = await routed(
      routing(toTopic('large', 'payments.large')),
      aggregated(someEvent({ trace: { parent: '00-1', state: 'a=1' } })),
    );
    const [[topic, lane, record]] = appended as [[string, number, TopicRecord]];
    expect([topic, lane]).toEqual(['payments.large', 0]);
    expect(JSON.parse(new TextDecoder().decode(record.value))).toEqual({ ...payment, flags: [] });
    expect(new TextDecoder().decode(record.key)).toBe('A');
    expect(record.headers).toEqual({
      'content-type': 'application/json',
      'millrace-pipeline': 'payments',
      'millrace-route': 'large',
      'millrace-from': 'event',
      'millrace-id': 'p1',
      traceparent: '00-1',
      tracestate: 'a=1',
    });
  });

  test("is not one of the pipeline's own", () => {
    const check = (name: string) =>
      sinkKinds.topic!.check!({ name }, { pipeline: 'payments', from: 'events' });
    expect(check('payments.raw')).toContain("one of the pipeline's own topics");
    expect(check('payments.large')).toBeNull();
    expect(check('orders.raw')).toBeNull();
  });
});

describe('dead letters', () => {
  const refused = (parts: Partial<Flow>) =>
    flowOf('rejected', {
      id: 'p1',
      key: 'A',
      source: 'api',
      ingestTime: 7,
      code: 'missing_field',
      message: 'why',
      ...parts,
    });
  const deadLetter = async (flow: Flow) =>
    (await routed(routing(), aggregated(flow, 9))).rows[0] as DeadLetterRow;

  test('of validate hold the original bytes', async () => {
    const payload = new Uint8Array([1, 2]);
    expect(
      await deadLetter(refused({ stage: 'validate', attempt: 1, contentType: 'text/csv', payload })),
    ).toEqual({
      table: 'deadletters',
      pipeline: 'payments',
      version: { position: 9, revision: 0 },
      id: 'p1/validate/1',
      eventId: 'p1',
      key: 'A',
      stage: 'validate',
      attempt: 1,
      code: 'missing_field',
      message: 'why',
      time: 7,
      source: 'api',
      traceId: '',
      contentType: 'text/csv',
      payload,
    });
  });

  test('from enrich on hold the event, so that a replay goes on from it', async () => {
    const event = { ...payment, amount: 2n ** 60n, flags: ['small'] };
    const { contentType, payload } = await deadLetter(refused({ stage: 'enrich', eventTime: 5, event }));
    expect(contentType).toBe(EVENT_JSON);
    const replay = flowOf('replay', { stage: 'enrich', contentType, payload });
    readEventJson(replay);
    expect(replay).toMatchObject({ event, flags: ['small'], eventTime: 5, late: false });
  });

  test('of conflicting ids are told apart by their bytes', async () => {
    const conflict = { stage: 'aggregate', code: 'id_conflict', event: { ...payment } };
    expect((await deadLetter(refused({ ...conflict, digest: 0xabc }))).id).toBe('p1/aggregate/0/abc');
  });

  test('of the merge name window, group and lane', async () => {
    const late = { window: 'card_velocity', group: 'A', start: 0, lane: 3, accumulators: [6] };
    const { rows } = await routed(routing(), { topic: 'late_merge', seq: 9, late });
    expect(rows).toMatchObject([
      { id: 'card_velocity:A:0:3/merge/0', stage: 'merge', code: 'late_merge', key: 'A' },
    ]);
    expect(JSON.parse(new TextDecoder().decode((rows[0] as DeadLetterRow).payload))).toEqual(late);
  });
});

describe('replays', () => {
  const failed = routing(toStore('kept', { when: failing }), toConsole('all'));

  async function replayOfSink(sink: string, parts: Partial<Flow> = {}): Promise<Flow> {
    const { rows } = await routed(failed, aggregated(someEvent()));
    const { contentType, payload, eventId, key } = rows[0] as DeadLetterRow;
    return flowOf('replay', {
      stage: `sink:${sink}`,
      attempt: 1,
      id: eventId,
      key,
      contentType,
      payload,
      ...parts,
    });
  }

  test('for a sink go to that sink alone, without asking its condition', async () => {
    const { rows, delivered } = await routed(failed, aggregated(await replayOfSink('kept.store'), 20));
    expect(delivered).toEqual([]);
    expect(rows).toMatchObject([
      { table: 'events', route: 'kept', id: 'p1', version: { position: 20 }, event: payment },
    ]);
  });

  test('keep their attempt, so that a further refusal is another dead letter', async () => {
    const { delivered } = await routed(failed, aggregated(await replayOfSink('all.console'), 20));
    expect(delivered).toMatchObject([['all.console', { id: 'p1', attempt: 1, seq: 20 }]]);
  });

  test.each([
    ['a sink that is gone', { stage: 'sink:gone' }, 'unknown_sink'],
    ['a stage that is not there', { stage: 'merge' }, 'bad_replay'],
    ['something else in it', { payload: new Uint8Array(0) }, 'bad_replay'],
  ])('with %s are dead letters again', async (_, parts, code) => {
    const replay = await replayOfSink('all.console', parts);
    const { rows, delivered } = await routed(failed, aggregated(replay, 20));
    expect(delivered).toEqual([]);
    expect(rows).toMatchObject([{ table: 'deadletters', eventId: 'p1', attempt: 1, code }]);
  });

  test('that corrected their windows have nothing left to do', async () => {
    const { rows, delivered } = await routed(
      failed,
      aggregated(someEvent({ kind: 'replay', stage: 'aggregate' })),
    );
    expect([...rows, ...delivered]).toEqual([]);
  });
});

const everything = routing(
  toTopic('large', 'big', { when: ({ event }) => Number(event!.amount) > 10 }),
  toConsole('broken', { when: failing }),
  toConsole('alarms', { from: { topic: 'alerts' } }),
);

stageContract('route', {
  create: () => createRoute(everything, sinkKinds),
  inputs: () => [
    aggregated(someEvent()),
    { topic: 'windows', seq: 2, result },
    { topic: 'alerts', seq: 3, alert },
    aggregated(someEvent({ late: true })),
    aggregated(flowOf('rejected', { id: 'p2', stage: 'validate', code: 'late' })),
  ],
});
