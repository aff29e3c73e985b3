import { expect, test } from '@jest/globals';
import { exampleDetector, examplePlan, exampleWindow } from './hand-worked.ts';
import { type MergeRecord, type MergeTruth, mergeTruth } from './merge.ts';
import type { OraclePlan } from './plan.ts';

const window = exampleWindow({ local: false });
const plan = examplePlan({ windows: [window] });

type Said = ['mark', number, number, boolean?] | ['part', number, string, number, number[]];

/** Records of a lane of partials: ['mark', lane, watermark, idle] and ['part', lane, group, start, values]. */
function merge(said: readonly Said[], of: OraclePlan = plan): MergeTruth {
  const records: MergeRecord[] = said.map((record, seq) => {
    if (record[0] === 'mark') {
      const [, from, watermark, idle = false] = record;
      return { seq, from, partial: { kind: 'mark', seq, to: 0, watermark, idle } };
    }
    const [, from, group, start, values] = record;
    const events = values.map((v) => ({ v, group }));
    return {
      seq,
      from,
      partial: { kind: 'partial', seq, to: 0, window: of.windows[0]!, group, start, events, live: false },
    };
  });
  return mergeTruth(of, records);
}

const lines = ({ results }: MergeTruth) =>
  results.map(
    ({ seq, group, start, revision, final, values }) =>
      `${seq}: ${group} ${start} r${revision}${final ? '!' : ''} = ${values.n} ${values.sum}`,
  );

test('a window closes when the slowest lane has passed its end, with the sum of what the lanes said last', () => {
  const truth = merge([
    ['part', 0, 'a', 0, [1]],
    ['part', 0, 'a', 0, [1, 2]],
    ['mark', 0, 10],
    ['part', 1, 'a', 0, [4]],
    ['mark', 1, 9],
    ['mark', 1, 12],
  ]);
  expect(lines(truth)).toEqual(['5: a 0 r1! = 3 7']);
});

test('a correction replaces what the lane said', () => {
  const truth = merge([
    ['part', 0, 'a', 0, [1]],
    ['mark', 0, 10],
    ['mark', 1, 10],
    ['part', 0, 'a', 0, [1, 6]],
    ['part', 1, 'a', 0, [2]],
  ]);
  expect(lines(truth)).toEqual(['2: a 0 r1! = 1 1', '3: a 0 r2! = 2 7', '4: a 0 r3! = 3 9']);
});

test('idle lanes hold nothing back; where all are idle the furthest counts', () => {
  expect(
    lines(
      merge([
        ['part', 0, 'a', 0, [1]],
        ['mark', 1, -5, true],
        ['mark', 0, 10],
      ]),
    ),
  ).toEqual(['2: a 0 r1! = 1 1']);
  expect(
    lines(
      merge([
        ['part', 0, 'a', 0, [1]],
        ['mark', 0, 3, true],
        ['mark', 1, 11, true],
      ]),
    ),
  ).toEqual(['2: a 0 r1! = 1 1']);
});

test('what comes after end + lateness + keep is a late merge', () => {
  const truth = merge([
    ['mark', 1, -5, true],
    ['mark', 0, 32],
    ['part', 1, 'a', 0, [1]],
    ['mark', 0, 33],
    ['part', 1, 'b', 0, [2]],
    ['part', 1, 'a', 0, [1, 3]],
  ]);
  expect(lines(truth)).toEqual(['2: a 0 r1! = 1 1']);
  expect(truth.lateMerges).toEqual([
    { seq: 4, window: 'sums', group: 'b', start: 0, lane: 1 },
    { seq: 5, window: 'sums', group: 'a', start: 0, lane: 1 },
  ]);
});

test('with updates every partial shows, but detectors judge final results only', () => {
  const updates = examplePlan({
    windows: [exampleWindow({ local: false, emit: 'updates' })],
    detectors: [exampleDetector({ window: 'sums' })],
  });
  const truth = merge(
    [
      ['part', 0, 'a', 0, [1]],
      ['part', 1, 'a', 0, [4]],
      ['mark', 0, 10],
      ['mark', 1, 10],
    ],
    updates,
  );
  expect(lines(truth)).toEqual(['0: a 0 r1 = 1 1', '1: a 0 r2 = 2 5', '3: a 0 r3! = 2 5']);
  expect(truth.alerts.map(({ id }) => id)).toEqual(['watch:sums:a:0:3']);
});
