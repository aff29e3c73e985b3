import { expect, test } from '@jest/globals';
import { openScratch } from './fixtures/scratch.ts';

const HOUR_MS = 3_600_000;

async function openAged() {
  let nowMs = Date.now();
  const warnings: object[] = [];
  const logger = { info: () => {}, error: () => {}, warn: (fields: object) => void warnings.push(fields) };
  const clock = { now: () => nowMs, sleep: async () => {} };
  const scratch = await openScratch({ lanes: 2, keepMs: HOUR_MS, clock, logger });
  return {
    ...scratch,
    warnings,
    append: (count: number) => {
      const records = Array.from({ length: count }, () => ({ value: Buffer.from('x'), timestampMs: nowMs }));
      return scratch.embedded.log.append('raw', 0, records);
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('forgets what is too old, and nothing younger', async () => {
  const { embedded, append, pass, reopen, close } = await openAged();
  for (let i = 0; i < 200; i++) await append(1);
  pass(HOUR_MS / 2);
  await append(3);
  expect(await embedded.expire()).toBe(0);
  pass(HOUR_MS / 2 + 1);
  expect(await embedded.expire()).toBe(200);
  expect(await embedded.log.bounds('raw', 0)).toEqual({ start: 200, end: 203 });
  expect((await embedded.log.read('raw', 0, 0, 10)).base).toBe(200);
  const again = await reopen();
  expect(await again.log.bounds('raw', 0)).toEqual({ start: 200, end: 203 });
  await close();
});

test('a lane that has been emptied goes on counting, in a later run too', async () => {
  const { embedded, append, pass, reopen, close } = await openAged();
  await append(5);
  pass(2 * HOUR_MS);
  expect(await embedded.expire()).toBe(5);
  const again = await reopen();
  expect(await again.log.bounds('raw', 0)).toEqual({ start: 5, end: 5 });
  expect(await again.log.append('raw', 0, [{ value: Buffer.from('y'), timestampMs: 0 }])).toBe(5);
  await close();
});

test('keeps what has not been read, and says once for whom', async () => {
  const { embedded, append, pass, warnings, close } = await openAged();
  for (let i = 0; i < 5; i++) await append(1);
  await embedded.log.commit('slow', 'raw', 0, { offset: 2, metadata: '' });
  await embedded.log.commit('quick', 'raw', 0, { offset: 5, metadata: '' });
  pass(2 * HOUR_MS);
  expect(await embedded.expire()).toBe(2);
  expect(await embedded.expire()).toBe(0);
  expect(await embedded.log.bounds('raw', 0)).toEqual({ start: 2, end: 5 });
  expect(warnings).toEqual([{ topic: 'raw', lane: 0, group: 'slow', unread: 3 }]);
  await embedded.log.commit('slow', 'raw', 0, { offset: 5, metadata: '' });
  embedded.hold((topic, lane) => (topic === 'raw' && lane === 0 ? 4 : null));
  expect(await embedded.expire()).toBe(2);
  expect(warnings.slice(1)).toEqual([{ topic: 'raw', lane: 0, group: 'the pipeline', unread: 1 }]);
  embedded.hold(() => null);
  expect(await embedded.expire()).toBe(1);
  await close();
});
