import { expect, test } from '@jest/globals';
import {
  at,
  ended,
  exampleDetector,
  examplePlan,
  exampleWindow,
  laneOfRecords,
  opened,
} from './hand-worked.ts';
import { type LaneTruth, laneTruth } from './lane.ts';
import type { OraclePlan } from './plan.ts';
import type { LaneRecord } from './record.ts';

const truthOf = (plan: OraclePlan, records: readonly Partial<LaneRecord>[]): LaneTruth =>
  laneTruth(plan, laneOfRecords(records));

/** `seq: group start revision! = n sum`, with `!` for final ones. */
const lines = ({ results }: LaneTruth) =>
  results.map(
    ({ seq, group, start, revision, final, values }) =>
      `${seq}: ${group} ${start} r${revision}${final ? '!' : ''} = ${values.n} ${values.sum}`,
  );

test('a window closes when the watermark reaches its end, with what was folded before or with the same record', () => {
  const plan = examplePlan({ windows: [exampleWindow()] });
  const truth = truthOf(plan, [
    opened(),
    at(1, 1),
    at(2, 9, 'b', 5),
    at(3, 4, 'a', 2),
    at(4, 11),
    at(5, 12, 'b', 3),
  ]);
  // 11 − 2 = 9 is not 10; 12 − 2 = 10 is.
  expect(lines(truth)).toEqual(['5: a 0 r1! = 2 3', '5: b 0 r1! = 1 5']);
});

test('closings of one record go by end, name, group bytes', () => {
  const plan = examplePlan({ windows: [exampleWindow({ name: 'zeta' }), exampleWindow({ name: 'alpha' })] });
  // U+FF5E comes before U+1F600 in UTF-8, after its first half in UTF-16.
  const truth = truthOf(plan, [opened(), at(1, 11, 'b'), at(2, 1, '\u{1f600}'), at(3, 2, '～'), at(4, 40)]);
  expect(truth.results.slice(0, 6).map(({ name, group, start }) => `${start} ${name} ${group}`)).toEqual([
    '0 alpha ～',
    '0 alpha \u{1f600}',
    '0 zeta ～',
    '0 zeta \u{1f600}',
    '10 alpha b',
    '10 zeta b',
  ]);
});

test('lateness corrects a closed window; at end + lateness an event is late', () => {
  const plan = examplePlan({ windows: [exampleWindow()] });
  const truth = truthOf(plan, [opened(), at(1, 1), at(2, 14), at(3, 2), at(4, 15), at(5, 3)]);
  // Watermark 12 at seq 2: closed. Seq 3: 10 + 3 > 12, a correction. Seq 5: watermark 13, late.
  expect(lines(truth)).toEqual(['2: a 0 r1! = 1 1', '3: a 0 r2! = 2 2']);
  expect(truth.outcomes.map(({ outcome }) => outcome)).toEqual([
    'processed',
    'processed',
    'processed',
    'processed',
    'late',
  ]);
  expect(truth.deadLetters).toEqual([
    { id: 'e5/aggregate/0', eventId: 'e5', stage: 'aggregate', code: 'late', attempt: 0 },
  ]);
});

test('an event that comes after the end of a window that has nothing opens it and closes it at once', () => {
  const plan = examplePlan({ windows: [exampleWindow()] });
  expect(lines(truthOf(plan, [opened(), at(1, 14), at(2, 5)]))).toEqual(['2: a 0 r1! = 1 1']);
  const updates = examplePlan({ windows: [exampleWindow({ emit: 'updates' })] });
  expect(lines(truthOf(updates, [opened(), at(1, 14), at(2, 5)]))).toEqual([
    '1: a 10 r1 = 1 1',
    '2: a 0 r1 = 1 1',
    '2: a 0 r2! = 1 1',
  ]);
});

test('`on_late: update` corrects for `keep` more; so does the replay of a late event into any window', () => {
  const events = [opened(), at(1, 1), at(2, 34), at(3, 2), at(4, 35), at(5, 3)];
  const updating = examplePlan({ windows: [exampleWindow({ onLate: 'update' })] });
  // Watermark 32 < 10 + 3 + 20 at seq 3; 33 at seq 5: forgotten.
  const truth = truthOf(updating, events);
  expect(lines(truth)).toEqual(['2: a 0 r1! = 1 1', '3: a 0 r2! = 2 2']);
  expect(truth.outcomes.map(({ outcome }) => outcome).join()).toBe(
    'processed,processed,processed,processed,late',
  );

  const plain = examplePlan({ windows: [exampleWindow()] });
  const replay = { ...at(3, 2), kind: 'replay', position: null, stage: 'aggregate', attempt: 1 } as const;
  expect(lines(truthOf(plain, [...events.slice(0, 3), replay]))).toEqual([
    '2: a 0 r1! = 1 1',
    '3: a 0 r2! = 2 2',
  ]);
  const forgotten = { ...at(4, 38), position: 4 };
  const truthAfter = truthOf(plain, [...events.slice(0, 3), forgotten, replay]);
  expect(truthAfter.deadLetters.map(({ id, code }) => [id, code])).toEqual([['e4/aggregate/1', 'late']]);
});

test('detectors have seen a late event before its replay; one for a later stage is only passed on', () => {
  const plan = examplePlan({ detectors: [exampleDetector()] });
  const replay = { ...at(1, 1), kind: 'replay', position: null, stage: 'aggregate', attempt: 1 } as const;
  const truth = truthOf(plan, [
    { ...replay, late: true },
    replay,
    { ...replay, stage: 'sink:x' },
    { ...replay, event: null },
  ]);
  expect(truth.alerts.map(({ id }) => id)).toEqual(['watch:e1']);
  expect(truth.outcomes.map(({ outcome }) => outcome)).toEqual([
    'processed',
    'processed',
    'processed',
    'rejected',
  ]);
  expect(truth.deadLetters.map(({ code }) => code)).toEqual(['bad_replay']);
});

test('an event may be late for one window and not for another', () => {
  const plan = examplePlan({
    windows: [exampleWindow(), exampleWindow({ name: 'long', sizeMs: 20, everyMs: 20 })],
  });
  const truth = truthOf(plan, [opened(), at(1, 17), at(2, 5)]);
  expect(truth.outcomes.map(({ outcome }) => outcome)).toEqual(['processed', 'processed']);
  expect(truth.deadLetters).toEqual([]);
});

test('an event belongs to every hopping window that holds its time', () => {
  const plan = examplePlan({ windows: [exampleWindow({ everyMs: 5 })] });
  expect(lines(truthOf(plan, [opened(), at(1, 7), at(2, 22)]))).toEqual([
    '2: a 0 r1! = 1 1',
    '2: a 5 r1! = 1 1',
  ]);
});

test('partials go out at the closing, with the whole of what the lane has, before the marks', () => {
  const plan = examplePlan({ windows: [exampleWindow({ local: false })] });
  const { partials } = truthOf(plan, [opened(), at(1, 1), at(2, 2), at(3, 12), at(4, 3)]);
  const seen = partials.map((record) =>
    record.kind === 'mark'
      ? `${record.seq}: mark ${record.watermark} ${record.idle} to ${record.to}`
      : `${record.seq}: ${record.group} ${record.start} n=${record.events.length}`,
  );
  expect(seen).toEqual([
    '1: mark -1 false to 0', // from no time to -1: past every boundary before
    '1: mark -1 false to 1',
    '2: mark 0 false to 0', // 0 is the end of the window before
    '2: mark 0 false to 1',
    '3: a 0 n=2',
    '3: mark 10 false to 0',
    '3: mark 10 false to 1',
    '4: a 0 n=3',
  ]);
});

test('a lane that turns idle sends what it has, sorted, and says so', () => {
  const api = { name: 'api', kind: 'http', finite: false } as const;
  const file = { name: 'file', kind: 'file', finite: true } as const;
  const plan = examplePlan({ sources: [file, api], windows: [exampleWindow({ local: false })] });
  const { partials } = truthOf(plan, [opened(), at(1, 11, 'b'), at(2, 11, 'a'), ended(11)]);
  expect(
    partials.slice(-4).map(({ seq, kind, ...rest }) => [seq, kind, 'group' in rest ? rest.group : rest.idle]),
  ).toEqual([
    [3, 'partial', 'a'],
    [3, 'partial', 'b'],
    [3, 'mark', true],
    [3, 'mark', true],
  ]);
});

test('detectors judge live events, late ones too, and every result of a local window', () => {
  const plan = examplePlan({
    windows: [exampleWindow({ emit: 'updates' })],
    detectors: [
      exampleDetector({
        name: 'big',
        when: (event) => Number(event.v) > 4,
        value: (event) => Number(event.v),
      }),
      exampleDetector({
        name: 'many',
        window: 'sums',
        when: (window) => Number(window.n) > 1,
        oncePerWindow: true,
      }),
      exampleDetector({ name: 'each', window: 'sums', when: (window) => Number(window.n) > 1 }),
    ],
  });
  const truth = truthOf(plan, [opened(), at(1, 1), at(2, 2, 'a', 5), at(3, 30), at(4, 3, 'a', 9)]);
  expect(truth.alerts.map(({ seq, id, time, value }) => [seq, id, time, value])).toEqual([
    [2, 'many:sums:a:0', 10, null],
    [2, 'each:sums:a:0:2', 10, null],
    [2, 'big:e2', 2, 5],
    [3, 'each:sums:a:0:3', 10, null],
    [4, 'big:e4', 3, 9],
  ]);
});

test('a method has one state per group, moved only by what it judged', () => {
  // Alarms when the value is lower than the one before.
  const method = {
    forgetAfterMs: 1000,
    create: () => ({ before: 0 }),
    judge: (state: unknown, value: number) => {
      const memory = state as { before: number };
      const anomalous = value < memory.before;
      memory.before = value;
      return { anomalous, score: value };
    },
  };
  const value = (event: { readonly v?: unknown }) => (event.v === 0 ? null : Number(event.v));
  const plan = examplePlan({
    detectors: [
      exampleDetector({
        method,
        value,
        by: (event) => String(event.group),
        when: (event) => event.v !== 100,
      }),
    ],
  });
  const values: [string, number][] = [
    ['a', 5],
    ['b', 3],
    ['a', 100],
    ['a', 0],
    ['a', 6],
    ['a', 4],
  ];
  const truth = truthOf(
    plan,
    values.map(([group, v], i) => at(i, i, group, v)),
  );
  expect(truth.alerts.map(({ id, score }) => [id, score])).toEqual([['watch:e5', 4]]);
});

test('a group is as new once the watermark has passed its latest value by the time to forget', () => {
  // Alarms at every value but a group's first.
  const method = {
    forgetAfterMs: 20,
    create: () => ({ seen: false }),
    judge: (state: unknown) => {
      const memory = state as { seen: boolean };
      const anomalous = memory.seen;
      memory.seen = true;
      return { anomalous, score: 1 };
    },
  };
  const detector = {
    method,
    value: () => 1,
    by: (event: { readonly group?: unknown }) => String(event.group),
  };
  const plan = examplePlan({ detectors: [exampleDetector(detector)] });
  // 2 ms out of order: after time 31 the watermark is 29, after 33 it is 31, when 11 is 20 ms ago.
  const truth = truthOf(plan, [at(1, 10), at(2, 31, 'b'), at(3, 11), at(4, 33, 'b'), at(5, 12), at(6, 13)]);
  expect(truth.alerts.map(({ id }) => id)).toEqual(['watch:e2', 'watch:e3', 'watch:e5']);
});

test('every event has one outcome', () => {
  const plan = examplePlan({ checksIds: true });
  const truth = truthOf(plan, [
    { ...at(1, 1), id: 'x' },
    { ...at(1, 1), id: 'x' },
    { ...at(2, 1), id: 'x' },
    { ...at(3, 1), id: 'x', digest: 255 },
    { ...at(4, 1), id: 'y', kind: 'rejected', event: null, stage: 'validate', code: 'rule' },
  ]);
  expect(truth.outcomes.map(({ outcome }) => outcome)).toEqual([
    'processed',
    'duplicate',
    'duplicate',
    'rejected',
    'rejected',
  ]);
  expect(truth.deadLetters.map(({ id, code }) => [id, code])).toEqual([
    ['x/aggregate/0/ff', 'id_conflict'],
    ['y/validate/0', 'rule'],
  ]);
});
