import { expect, test } from '@jest/globals';
import { auditStatus } from './status.ts';

test('the sum is made of the terms, and says when they are not the events', () => {
  const counts = {
    events: 21,
    dropped: 1,
    duplicate: 2,
    rejected: 3,
    late: 4,
    processed: 5,
    flags: { odd: 2 },
  };
  expect(auditStatus(counts, 6)).toEqual({ ...counts, inFlight: 6, sum: 21, balanced: true });
  expect(auditStatus(counts, 5)).toMatchObject({ sum: 20, balanced: false });
});
