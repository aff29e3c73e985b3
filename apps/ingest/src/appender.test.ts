import { afterEach, expect, test } from '@jest/globals';
import { laneOf } from '@millrace/lanes/murmur2';
import type { EventPlan } from '@millrace/pipeline/plan';
import { until } from './fixtures/running.ts';
import { payment, type RunningHttp, type Setup, startHttp } from './fixtures/running-http.ts';

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

test('nothing is answered before every lane has acknowledged its share', async () => {
  await start();
  const held = laneOf('card 1', 4);
  const gate = Promise.withResolvers<void>();
  running.memory.fate = async (lane) => {
    if (lane === held) await gate.promise;
    return 'ok' as const;
  };
  let answered = false;
  const answer = post(JSON.stringify([payment(0), payment(1), payment(2)])).then((given) => {
    answered = true;
    return given;
  });
  await until(() => events().length > 0, 'the other lanes to have their share');
  const ticks = running.ticks((held + 1) % 4).length;
  await until(() => running.ticks((held + 1) % 4).length > ticks + 1, 'an early answer to have come');
  expect(answered).toBe(false);
  gate.resolve();
  expect((await answer).body).toEqual({ accepted: 3, rejected: [] });
  expect(events()).toHaveLength(3);
});

test('a log that fails is tried again, and the order in the lane stays', async () => {
  await start({ event: { key: () => 'one' } });
  const fates = ['lost', 'written', 'ok', 'written'] as const;
  let turn = 0;
  running.memory.fate = (lane) => (lane === laneOf('one', 4) ? (fates[turn++] ?? 'ok') : 'ok');
  const numbers = Array.from({ length: 30 }, (_, i) => i);
  await post(JSON.stringify(numbers.slice(0, 10).map((i) => payment(i))));
  await Promise.all([post(JSON.stringify(payment(10))), post(JSON.stringify(payment(11)))]);
  const seen = new Set(events().map(({ id }) => id));
  expect([...seen].slice(0, 10)).toEqual(numbers.slice(0, 10).map((i) => `p${i}`));
  expect(seen.size).toBe(12);
  expect(turn).toBeGreaterThan(fates.length);
});

test('503 when the log does not acknowledge in time; later it is taken again', async () => {
  await start({ bounds: { acknowledgeMs: 50 } });
  running.memory.fate = () => 'lost';
  const answer = await post(JSON.stringify(payment(1)));
  expect(answer).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
  expect(answer.headers.get('retry-after')).toBe('1');
  running.memory.fate = () => 'ok';
  await until(() => events().length === 1, 'the append to be made after all');
});

test('beyond the bound the lowest priority is refused first', async () => {
  const priority: EventPlan['priority'] = ({ event }) => String(event!.currency);
  await start({
    event: { priority, ingestFields: ['payment_id', 'card', 'paid_at', 'currency'] },
    bounds: { waitingRecordsMax: 100, tickMs: 60_000 },
  });
  const gate = Promise.withResolvers<void>();
  running.memory.fate = async () => {
    await gate.promise;
    return 'ok' as const;
  };
  const send = (count: number, currency: string) =>
    post(JSON.stringify(Array.from({ length: count }, (_, i) => payment(i, { currency }))));
  const waiting = [send(50, 'low')];
  const filled = (records: number) =>
    until(() => running.ingest.waiting().records >= records, `${records} waiting`);
  await filled(50);
  expect(await send(1, 'low')).toMatchObject({ status: 429, body: { error: { code: 'overloaded' } } });
  waiting.push(send(30, 'normal'));
  await filled(80);
  const refused = await send(1, 'normal');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  waiting.push(send(25, 'high'));
  await filled(100);
  gate.resolve();
  const answers = await Promise.all(waiting);
  expect(answers.map(({ status, body }) => [status, body.accepted])).toEqual([
    [202, 50],
    [202, 30],
    [202, 20],
  ]);
  expect(answers[2]!.body.rejected[0]).toMatchObject({ index: 20, code: 'overloaded' });
  expect(answers[2]!.headers.get('retry-after')).not.toBeNull();
});

test('a lane that the log refuses does not hold up the ticks of the others', async () => {
  await start();
  running.memory.fate = (lane) => (lane === 2 ? 'lost' : 'ok');
  const count = running.ticks(2).length;
  await until(() => running.ticks(0).length > count + 3, 'ticks in lane 0');
  expect(running.ingest.waiting().records).toBeLessThanOrEqual(3);
  running.memory.fate = () => 'ok';
  await until(() => running.ticks(2).length > count, 'ticks in lane 2');
});

test('what is draining takes nothing new and answers what it has taken', async () => {
  await start();
  const gate = Promise.withResolvers<void>();
  running.memory.fate = async () => {
    await gate.promise;
    return 'ok' as const;
  };
  const taken = post(JSON.stringify(payment(1)));
  // Not `waiting()`: a tick waits as well.
  await until(() => running.ingest.sources()[0]!.events > 0, 'the event to wait for the log');
  const drained = running.ingest.drain();
  expect(await post(JSON.stringify(payment(2)))).toMatchObject({
    status: 503,
    body: { error: { code: 'unavailable' } },
  });
  gate.resolve();
  expect((await taken).status).toBe(202);
  await drained;
  expect(running.ingest.waiting()).toEqual({ records: 0, bytes: 0 });
});

test('what is abandoned takes nothing new, and sends nothing again that the log refused', async () => {
  await start();
  let appends = 0;
  running.memory.fate = () => {
    appends++;
    return 'lost';
  };
  const taken = post(JSON.stringify(payment(1)));
  await until(
    () => appends > 0 && running.ingest.waiting().records > 0,
    'the event to be refused by the log',
  );
  running.ingest.abandon();
  expect(await taken).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
  expect(await post(JSON.stringify(payment(2)))).toMatchObject({ status: 503 });
  expect(events()).toEqual([]);
});
