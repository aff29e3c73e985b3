import { expect, test } from '@jest/globals';
import { lateDeadLetter } from './dead-letter.ts';
import { createFlow } from './flow.ts';

const messageOf = (eventTime: number): string =>
  lateDeadLetter('payments', Object.assign(createFlow('event'), { id: 'p1', eventTime }), 7).message;

test('a late event says its time', () => {
  const message = messageOf(Date.UTC(2026, 0, 1));
  expect(message).toContain('2026-01-01T00:00:00.000Z had closed');
  expect(message).toContain('Replay it');
  expect(message).not.toContain('seconds for');
});

test('a late event of 1970 asks whether its time is in seconds', () => {
  expect(messageOf(Date.UTC(2026, 0, 1) / 1000)).toMatch(
    /1970-01-21.*Does `event\.time` give seconds for milliseconds\?/,
  );
});
