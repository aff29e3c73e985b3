import { expect, test } from '@jest/globals';
import { EXIT } from './exit-codes.ts';
import { createLog } from './log.ts';
import { untilSignalled } from './until-signalled.ts';

const silent = createLog({ level: 'silent', format: 'json', colour: false }, { write: () => {} });
const never = new Promise<never>(() => {});

test('what is finished is closed', async () => {
  let closed = 0;
  const close = async () => {
    closed++;
  };
  expect(await untilSignalled({ finished: Promise.resolve(), close }, silent)).toBe(EXIT.ok);
  expect(closed).toBe(1);
});

test('a signal drains', async () => {
  const drained = Promise.withResolvers<void>();
  const ended = untilSignalled({ finished: never, close: () => drained.promise }, silent);
  process.emit('SIGTERM');
  setImmediate(drained.resolve);
  expect(await ended).toBe(EXIT.ok);
});

test('a second signal does not wait for the drain', async () => {
  const closing = Promise.withResolvers<void>();
  const close = () => {
    closing.resolve();
    return never;
  };
  const ended = untilSignalled({ finished: never, close }, silent);
  process.emit('SIGTERM');
  await closing.promise;
  process.emit('SIGINT');
  expect(await ended).toBe(EXIT.interrupted);
});

test('a drain is bounded', async () => {
  const ended = untilSignalled({ finished: Promise.resolve(), close: () => never }, silent, 10);
  expect(await ended).toBe(EXIT.interrupted);
});

test('a failure is thrown after the close, even where that fails too', async () => {
  const close = () => Promise.reject(new Error('the second'));
  const finished = Promise.reject(new Error('the first'));
  await expect(untilSignalled({ finished, close }, silent)).rejects.toThrow('the first');
});

test('it leaves no listeners behind', async () => {
  const before = process.listenerCount('SIGTERM');
  await untilSignalled({ finished: Promise.resolve(), close: async () => {} }, silent);
  expect(process.listenerCount('SIGTERM')).toBe(before);
});
