import { expect, test } from '@jest/globals';
import { lateDeadLetter, rejectedDeadLetter } from './dead-letter.ts';
import { createFlow, type Flow } from './flow.ts';

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

test.each([
  [{ stage: 'validate' }, 'text/csv; row=41'],
  [{ stage: 'ingest' }, 'text/csv; row=41'],
  // Its position is the seq of what it replays.
  [{ stage: 'validate', attempt: 1 }, 'text/csv'],
  [{ stage: 'enrich' }, 'text/csv'],
  [{ stage: 'validate', position: -1 }, 'text/csv'],
] as [Partial<Flow>, string][])('the original bytes of a row say which it is: %j', (parts, contentType) => {
  const flow = Object.assign(createFlow('rejected'), { position: 41, contentType: 'text/csv', ...parts });
  expect(rejectedDeadLetter('payments', flow, 7).contentType).toBe(contentType);
});
