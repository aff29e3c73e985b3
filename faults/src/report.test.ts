import { expect, test } from '@jest/globals';
import { faultsOf, summary, table } from './report.ts';
import type { Outcome } from './try-row.ts';

const good: Outcome = {
  row: 'kill-route',
  events: 1_000,
  requestsRepeated: 0,
  inFlight: 40,
  recoveryMs: 11_900,
  trouble: null,
  lost: [],
  doubled: [],
  windowsWrong: [],
};

test.each([
  [{ lost: ['x'] }, '1 lost'],
  [{ doubled: ['x', 'y'] }, '2 doubled'],
  [{ windowsWrong: ['x'] }, '1 windows wrong'],
  [{ inFlight: 0 }, 'nothing was in flight'],
  [{ recoveryMs: 30_001 }, 'recovery took more than 30 s'],
  [{ recoveryMs: Infinity }, 'recovery took more than 30 s'],
  [{ trouble: 'serve is away' }, 'serve is away'],
])('%j fails', (difference, fault) => {
  expect(faultsOf({ ...good, ...difference })).toEqual([fault]);
});

test('the table sums what differs, and shows the least in flight and the longest recovery', () => {
  expect(faultsOf(good)).toEqual([]);
  expect(table([good, { ...good, lost: ['x'], inFlight: 7, recoveryMs: 2_000 }])).toBe(
    [
      'fault       times  events  in flight  lost  doubled  windows wrong  recovery',
      'kill-route      2    2000          7     1        0              0    11.9 s  FAILED',
    ].join('\n'),
  );
  expect(summary(1, 2)).toBe('1 passed, 2 failed');
});
