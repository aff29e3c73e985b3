import { expect, test } from '@jest/globals';
import { APPEND_BYTES_MAX, APPEND_RECORDS_MAX } from './bounds.ts';
import { inAppends, Outbox } from './outbox.ts';
import { AppendError, type EventLog, type LogRecord } from './ports/log.ts';

const record = (size: number): LogRecord => ({ value: new Uint8Array(size), timestampMs: 0 });
const clock = { now: () => 0, sleep: () => Promise.resolve() };

test('appends are bounded by records and bytes, and nothing is left out or reordered', () => {
  const small = Array.from({ length: 2 * APPEND_RECORDS_MAX + 1 }, () => record(1));
  expect([...inAppends(small)].map((part) => part.length)).toEqual([
    APPEND_RECORDS_MAX,
    APPEND_RECORDS_MAX,
    1,
  ]);
  const large = [record(APPEND_BYTES_MAX), record(1), record(2 * APPEND_BYTES_MAX), record(3)];
  expect([...inAppends(large)].map((part) => part.length)).toEqual([1, 1, 1, 1]);
  expect([...inAppends(large)].flat()).toEqual(large);
  expect([...inAppends([])]).toEqual([]);
});

test('headers count as much as values', () => {
  const headers = { message: 'ä'.repeat(APPEND_BYTES_MAX / 4) };
  const dead = { ...record(1), headers };
  expect([...inAppends([dead, dead])].map((part) => part.length)).toEqual([1, 1]);
  expect([...inAppends([record(1), dead, record(1)])].map((part) => part.length)).toEqual([3]);
});

test('what the log will never take stops the lane', async () => {
  const log = {
    append: () => Promise.reject(new RangeError('topic t, lane 0: a record of 2 MiB is too large')),
  } as unknown as EventLog;
  const outbox = new Outbox({ log, clock, isOver: () => false });
  outbox.add('t', 0, record(1));
  await expect(outbox.send()).rejects.toMatchObject({ name: 'LaneStopped', code: 'append_refused' });
});

test('send tries an append again until it is acknowledged, in order', async () => {
  const appended: number[] = [];
  let refusals = 2;
  const log = {
    append: (_topic: string, _lane: number, records: readonly LogRecord[]) => {
      if (refusals-- > 0) return Promise.reject(new AppendError('no answer'));
      appended.push(...records.map(({ value }) => value[0]!));
      return Promise.resolve(0);
    },
  } as unknown as EventLog;
  const outbox = new Outbox({ log, clock, isOver: () => false });
  for (let i = 0; i < 5; i++) outbox.add('t', 0, { value: Uint8Array.of(i), timestampMs: 0 });
  await outbox.send();
  expect(appended).toEqual([0, 1, 2, 3, 4]);
  await outbox.send();
  expect(appended).toHaveLength(5);
});

test('send gives up once the lane is over', async () => {
  let over = false;
  const log = {
    append: () => {
      over = true;
      return Promise.reject(new AppendError('no answer'));
    },
  } as unknown as EventLog;
  const outbox = new Outbox({ log, clock, isOver: () => over });
  outbox.add('t', 0, record(1));
  await expect(outbox.send()).rejects.toThrow('another owner');
});
