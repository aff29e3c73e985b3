import { expect, test } from '@jest/globals';
import type { DeadLetterRow } from '@millrace/lanes/ports/results';
import { replayFlow } from './replay.ts';

const row: DeadLetterRow = {
  table: 'deadletters',
  pipeline: 'payments',
  version: { position: 5, revision: 0 },
  id: 'p1/validate/0',
  eventId: 'p1',
  key: 'card',
  stage: 'validate',
  attempt: 0,
  code: 'wrong_type',
  message: 'no',
  time: 0,
  source: 'api',
  contentType: 'application/json',
  traceId: '',
  payload: new TextEncoder().encode('{"payment_id":"p1"}'),
};

test('a replay goes to the stage that refused it, as the next attempt, and names what it replays', () => {
  const { kind, id, stage, attempt, payload, position } = replayFlow(row, 7);
  expect({ kind, id, stage, attempt, payload, position }).toEqual({
    kind: 'replay',
    id: 'p1',
    stage: 'validate',
    attempt: 1,
    payload: row.payload,
    position: row.version.position,
  });
});

test('a second replay of a dead letter is a repeat of the first; that of another event with its id is not', () => {
  const other = {
    ...row,
    id: 'p1/aggregate/0/ff',
    payload: new TextEncoder().encode('{"payment_id":"p1","a":1}'),
  };
  expect(replayFlow(row, 7).digest).toBe(replayFlow(row, 8).digest);
  expect(replayFlow(other, 7).digest).not.toBe(replayFlow(row, 7).digest);
});
