import { expect, test } from '@jest/globals';
import { LaneStopped } from '@millrace/lanes/ports/log';
import { EXIT, EXIT_MEANINGS } from './exit-codes.ts';
import { Failure, failureOf } from './failure.ts';

test('a lane that waits for a person is a message with its code', () => {
  const { message, exitCode } = failureOf(new LaneStopped('lane_reset', 'raw was cut. Start over.'));
  expect(message).toBe('raw was cut. Start over. [lane_reset]');
  expect(exitCode).toBe(EXIT.cannotRun);
});

test('what the system refuses is said in words, with what to do', () => {
  const error = Object.assign(new Error('listen EADDRINUSE'), {
    code: 'EADDRINUSE',
    port: 8080,
    address: '127.0.0.1',
  });
  expect(failureOf(error).message).toMatch(/^port 8080 of 127\.0\.0\.1 is in use .*--port/);
  expect(failureOf(error).exitCode).toBe(EXIT.cannotRun);
});

test('what nobody expected is a defect, with its stack', () => {
  const { message, exitCode } = failureOf(new TypeError('x is not a function'));
  expect(message).toMatch(/a defect of Millrace.*\n.*x is not a function\n\s+at /);
  expect(exitCode).toBe(EXIT.defect);
});

test('what is behind an error says more than the error', () => {
  const cause = Object.assign(new Error('The disk is full.'), { name: 'DiskError' });
  expect(failureOf(new Error('an earlier commit failed', { cause })).message).toBe('The disk is full.');
});

test('a failure stays as it is', () => {
  const failure = new Failure('give the ids', EXIT.usage);
  expect(failureOf(failure)).toBe(failure);
});

test('every exit code has a meaning', () => {
  expect(EXIT_MEANINGS.map(([code]) => code)).toEqual(Object.values(EXIT));
});
