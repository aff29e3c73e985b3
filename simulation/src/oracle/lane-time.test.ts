import { expect, test } from '@jest/globals';
import { acceptAll } from './acceptance.ts';
import {
  at,
  ended,
  examplePlan,
  exampleWindow,
  FILE,
  HTTP,
  laneOfRecords,
  opened,
  SECOND_FILE,
} from './hand-worked.ts';
import { timeAll } from './lane-time.ts';
import type { OraclePlan } from './plan.ts';
import type { LaneRecord } from './record.ts';

const NONE = Number.NEGATIVE_INFINITY;

/** [watermark, idle] after each record. */
function times(plan: OraclePlan, records: readonly Partial<LaneRecord>[]): [number, boolean][] {
  const lane = laneOfRecords(records);
  return timeAll(plan, lane, acceptAll(plan, lane)).map(({ watermark, idle }) => [watermark, idle]);
}

test('the watermark is the highest time less 2, never goes back, and duplicates and rejected events leave it', () => {
  const rejected = { ...at(3, 90), kind: 'rejected', event: null } as const;
  expect(times(examplePlan(), [opened(), at(1, 10), at(2, 7), at(2, 80), rejected, at(4, 11)])).toEqual([
    [NONE, false],
    [8, false],
    [8, false],
    [8, false],
    [8, false],
    [9, false],
  ]);
});

test('the slowest active part counts; one without a time holds the watermark; an ended one lets it go', () => {
  const file2 = at(1, 30, 'a', 1, SECOND_FILE);
  const two = { parts: 2 };
  const plan = examplePlan({
    sources: [
      { name: 'file', kind: 'file', finite: true },
      { name: 'api', kind: 'http', finite: false },
    ],
  });
  expect(
    times(plan, [
      opened(FILE, two),
      opened(SECOND_FILE, two),
      at(1, 10),
      file2,
      at(2, 20),
      ended(20),
      ended(31, SECOND_FILE),
    ]),
  ).toEqual([
    [NONE, false],
    [NONE, false],
    [NONE, false],
    [8, false],
    [18, false],
    [28, false],
    [29, true],
  ]);
});

test('a tick of an ordered part carries its time', () => {
  expect(times(examplePlan(), [opened(), at(1, 10), { kind: 'tick', position: 3, eventTime: 25 }])).toEqual([
    [NONE, false],
    [8, false],
    [23, false],
  ]);
});

test('when all finite parts have ended, the watermark closes what is open', () => {
  // 20 + out of order 2 + window 10 + lateness 3
  const plan = examplePlan({ windows: [exampleWindow()] });
  const two = { parts: 2 };
  expect(
    times(plan, [
      opened(FILE, two),
      at(1, 20),
      ended(20),
      opened(SECOND_FILE, two),
      ended(NONE, SECOND_FILE),
    ]),
  ).toEqual([
    [NONE, false],
    [18, false],
    [18, true],
    [18, false],
    [35, true],
  ]);
});

test('silence makes an HTTP part idle, and its time goes on growing up to what closes its windows', () => {
  const plan = examplePlan({
    windows: [exampleWindow()],
    sources: [{ name: 'api', kind: 'http', finite: false }],
  });
  const api = (record: Partial<LaneRecord>) => ({ part: HTTP, source: 'api', ordered: false, ...record });
  const event = (ingestTime: number, eventTime: number) => api({ ingestTime, eventTime, event: {} });
  const tick = (ingestTime: number) => api({ kind: 'tick', ingestTime });
  expect(
    times(plan, [
      api({ kind: 'opened', ingestTime: 0 }),
      tick(1000), // no time yet: nothing to grow
      event(1000, 50),
      tick(2000),
      tick(3500), // 2500 silent: not enough
      tick(9000), // +2000 at most: 4500
      event(9100, 51),
      tick(8000), // a clock that went back
      tick(11100),
      tick(12100), // 3000 silent
    ]),
  ).toEqual([
    [NONE, true],
    [NONE, true],
    [48, false],
    [48, false],
    [48, false],
    [63, true], // 50 + cap 15 − 2
    [63, false],
    [63, false],
    [63, false],
    [64, true], // 51 + 15 − 2
  ]);
});

test('a part that was never opened is ordered when its records have positions; replays move nothing', () => {
  const replay = { ...at(2, 30), kind: 'replay', position: null, attempt: 1 } as const;
  expect(
    times(examplePlan(), [
      at(1, 10),
      ended(10),
      replay,
      opened(SECOND_FILE, { parts: 2 }),
      replay,
      at(2, 31),
    ]),
  ).toEqual([
    [8, false],
    [8, true],
    [8, true],
    [8, false],
    [8, false],
    [8, false],
  ]);
});

test('what a source does not open any more is gone, and so is a part of a source that the document does not have', () => {
  // 40 + out of order 2 + window 10 + lateness 3
  const plan = examplePlan({ windows: [exampleWindow()] });
  const two = { parts: 2 };
  const other = { part: HTTP, source: 'other', ordered: false };
  expect(
    times(plan, [
      opened(FILE, two),
      opened(SECOND_FILE, two),
      at(1, 10),
      at(1, 20, 'a', 1, SECOND_FILE),
      { ...at(1, 40, 'a', 1, HTTP), ...other, position: null },
      opened(3, two), // a start that is cut short
      opened(3, two),
      opened(SECOND_FILE, two), // the first file is gone
      at(1, 30, 'a', 1, 3),
      ended(20, SECOND_FILE),
      ended(30, 3),
      opened(FILE),
    ]),
  ).toEqual([
    [NONE, false],
    [NONE, false],
    [NONE, false],
    [8, false],
    [8, false],
    [8, false],
    [8, false],
    [8, false],
    [18, false],
    [28, false],
    [55, true], // H is the highest of all, 40
    [55, false],
  ]);
});

test('what a source no longer opens is gone, and holds nothing, until it opens again', () => {
  const late = at(1, 60, 'a', 1, SECOND_FILE);
  expect(times(examplePlan(), [opened(), at(1, 10), opened(SECOND_FILE), late, opened(), at(2, 61)])).toEqual(
    [
      [NONE, false],
      [8, false],
      [8, false], // the source has one part, and this is it: the first file is gone
      [58, false],
      [58, false], // it is back with its time 10, and the second one gone
      [59, false],
    ],
  );
});
