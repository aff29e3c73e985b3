import { expect, test } from '@jest/globals';
import { zeroCounts } from '@millrace/lanes/audit';
import { GROUP_BYTES_MAX } from '@millrace/lanes/bounds';
import type { Flow } from '@millrace/lanes/flow';
import type { AggregateOutput } from '@millrace/lanes/stage';
import { aggregates } from '@millrace/pipeline/aggregates';
import type { Detector } from '@millrace/pipeline/detector-kind';
import { detectors } from '@millrace/pipeline/detectors';
import type { DetectorPlan, Plan, WindowPlan } from '@millrace/pipeline/plan';
import { tumbling } from '@millrace/pipeline/windows/tumbling';
import { flowOf } from '@millrace/testkit/flows';
import { planOf, sourceOf } from '@millrace/testkit/plans';
import { createMerge } from './merge.ts';
import { createAggregate } from './stage.ts';

const HTTP = 2;

function aggregate(name: string) {
  const found = aggregates.find((kind) => kind.name === name);
  if (found === undefined) throw new Error(`no aggregate ${name}`);
  return found;
}

function windowOf(parts: Partial<WindowPlan> = {}): WindowPlan {
  return {
    name: 'by_card',
    by: ({ event }) => event!.card as string | null,
    local: true,
    window: tumbling.configure('10ms'),
    latenessMs: 5,
    emit: 'close',
    onLate: 'dead_letter',
    when: null,
    compute: [
      { name: 'n', aggregate: aggregate('count'), value: null, parameters: [] },
      { name: 'total', aggregate: aggregate('sum'), value: ({ event }) => event!.amount, parameters: [] },
    ],
    ...parts,
  };
}

function detectorOf(parts: Partial<DetectorPlan>): DetectorPlan {
  const nothing = {
    window: null,
    by: null,
    when: null,
    value: null,
    method: null,
    oncePer: null,
    message: null,
  };
  return { name: 'large', severity: 'high', ...nothing, ...parts };
}

function smallPlan(parts: Partial<Plan> = {}): Plan {
  const time = { outOfOrderMs: 2, maxAheadMs: 1_000, idleMs: 3_000, dedupeMs: 100, keepMs: 20 };
  return planOf({ time, sources: [sourceOf('api')], windows: [windowOf()], ...parts });
}

const NOWHERE: AggregateOutput = {
  forward: () => {},
  window: () => {},
  alert: () => {},
  partial: () => {},
  everyPartial: true,
};

let ids = 0;
function event(time: number, card: string | null, amount: number, parts: Partial<Flow> = {}): Flow {
  const id = `e${ids++}`;
  const value = { card, amount, flags: [] };
  return flowOf('event', {
    id,
    key: String(card),
    eventTime: time,
    part: HTTP,
    source: 'api',
    event: value,
    ...parts,
  });
}

/** What a lane does with records: one line an output. */
function run(plan: Plan, records: readonly Flow[], counts = zeroCounts()): string[] {
  const lines: string[] = [];
  const out: AggregateOutput = {
    everyPartial: true,
    forward: (flow) =>
      lines.push(`${flow.kind}${flow.late ? ' late' : ''}${flow.code === '' ? '' : ` ${flow.code}`}`),
    window: (view) => {
      const { name, group, start, revision, final, values } = view.result();
      lines.push(`${name} ${group}@${start} r${revision}${final ? ' final' : ''} ${JSON.stringify(values)}`);
    },
    alert: ({ id, message }) => lines.push(`alert ${id}: ${message}`),
    partial: (to, record) =>
      lines.push(
        record.kind === 'mark'
          ? `mark ${to} ${record.watermark}${record.idle ? ' idle' : ''}`
          : `partial ${to} ${record.group}@${record.start} ${JSON.stringify(record.accumulators)}`,
      ),
  };
  const lane = createAggregate(plan, counts);
  for (const record of records) lane.process(record, out);
  return lines;
}

test('a window closes when the watermark reaches its end, in the order of end, name and group', () => {
  const lines = run(smallPlan(), [
    event(1, 'b', 5),
    event(3, 'a', 1),
    event(4, 'b', 6),
    event(12, 'a', 9),
    event(24, 'a', 0),
  ]);
  expect(lines.filter((line) => line.startsWith('by_card'))).toEqual([
    'by_card a@0 r1 final {"n":1,"total":1}',
    'by_card b@0 r1 final {"n":2,"total":11}',
    'by_card a@10 r1 final {"n":1,"total":9}',
  ]);
});

test('within its lateness a closed window is corrected; beyond it the event is late', () => {
  const counts = zeroCounts();
  const lines = run(
    smallPlan(),
    [event(1, 'a', 1), event(12, 'a', 1), event(2, 'a', 3), event(17, 'x', 1), event(3, 'a', 1)],
    counts,
  );
  expect(lines).toEqual([
    'event',
    'event',
    'by_card a@0 r1 final {"n":1,"total":1}',
    'by_card a@0 r2 final {"n":2,"total":4}',
    'event',
    'event',
    'event late',
  ]);
  expect(counts).toMatchObject({ processed: 4, late: 1 });
});

test('`on_late: update` corrects while the window is kept', () => {
  const plan = smallPlan({ windows: [windowOf({ onLate: 'update' })] });
  const counts = zeroCounts();
  const lines = run(
    plan,
    [event(1, 'a', 1), event(36, 'b', 1), event(2, 'a', 2), event(37, 'b', 1), event(2, 'a', 2)],
    counts,
  );
  expect(lines.filter((line) => line.includes('a@0'))).toEqual([
    'by_card a@0 r1 final {"n":1,"total":1}',
    'by_card a@0 r2 final {"n":2,"total":3}',
  ]);
  expect(counts).toMatchObject({ processed: 4, late: 1 });
});

test('`emit: updates` gives live values, and a detector fires once per window', () => {
  const often = detectorOf({
    name: 'often',
    window: 'by_card',
    when: ({ window }) => (window!.n as number) > 1,
    oncePer: 'window',
  });
  const plan = smallPlan({ windows: [windowOf({ emit: 'updates' })], detectors: [often] });
  expect(run(plan, [event(1, 'a', 1), event(2, 'a', 1), event(3, 'a', 1), event(12, 'a', 1)])).toEqual([
    'by_card a@0 r1 {"n":1,"total":1}',
    'event',
    'by_card a@0 r2 {"n":2,"total":2}',
    'alert often:by_card:a:0: often in a',
    'event',
    'by_card a@0 r3 {"n":3,"total":3}',
    'event',
    'by_card a@10 r1 {"n":1,"total":1}',
    'event',
    'by_card a@0 r4 final {"n":3,"total":3}',
  ]);
});

test('duplicates are removed before verdicts, and move no time', () => {
  const counts = zeroCounts();
  const twice = event(1, 'a', 1);
  const rejected = { ...event(50, 'a', 1), kind: 'rejected' as const, code: 'rule:x' };
  const lines = run(
    smallPlan(),
    [
      twice,
      { ...twice, eventTime: 99 },
      { ...twice, digest: 7 },
      rejected,
      { ...rejected },
      { ...rejected, digest: 7 },
      event(11, 'a', 1),
    ],
    counts,
  );
  // The last rejected one would take the first one's dead letter: only a conflict has its digest in the identity.
  expect(lines).toEqual([
    'event',
    'rejected id_conflict',
    'rejected rule:x',
    'rejected id_conflict',
    'event',
  ]);
  expect(counts).toMatchObject({ processed: 2, duplicate: 2, rejected: 3, late: 0 });
});

test('a conflict that another stage has refused stays with that stage', () => {
  const first = {
    ...event(50, 'a', 1),
    kind: 'rejected' as const,
    stage: 'enrich',
    code: 'rule:x',
    message: 'no',
  };
  const second = { ...first, digest: 7 };
  run(smallPlan(), [first, second]);
  expect([second.stage, second.code]).toEqual(['enrich', 'id_conflict']);
  expect(second.message).toMatch(/^rule:x: no; besides, id "\w+" came before/);
});

test('an event on which an expression fails is rejected whole', () => {
  const plan = smallPlan({
    windows: [
      windowOf(),
      windowOf({
        name: 'other',
        by: ({ event: value }) => {
          if (value!.amount === 0) throw new Error('division by zero');
          return 'all';
        },
      }),
    ],
  });
  const lines = run(plan, [event(1, 'a', 0), event(12, 'a', 1), event(30, 'a', 1)]);
  expect(lines[0]).toBe('rejected expression_error');
  expect(lines).not.toContain('by_card a@0 r1 final {"n":1,"total":0}');
});

test.each([
  ['window', smallPlan()],
  [
    'detector',
    smallPlan({ windows: [], detectors: [detectorOf({ by: ({ event }) => event!.card as string })] }),
  ],
])('an event whose group is too long for the state of a %s is rejected', (_, plan) => {
  const longest = 'ä'.repeat(GROUP_BYTES_MAX / 2);
  const lines = run(plan, [event(1, longest, 1, { key: 'k' }), event(2, `${longest}a`, 1, { key: 'k' })]);
  expect(lines.filter((line) => !line.startsWith('alert'))).toEqual(['event', 'rejected expression_error']);
});

test('a replay counts once, and not beside an original that was accepted', () => {
  const rejected = (seq: number) => flowOf('rejected', { seq, part: HTTP, id: `r${seq}`, stage: 'validate' });
  const replay = (seq: number, of: number, parts: Partial<Flow> = {}) =>
    event(5, 'a', 1, { seq, part: 0, position: of, attempt: 1, ...parts });
  const sink = flowOf('replay', { seq: 21, position: 12, id: 'w', attempt: 1, stage: 'sink:x' });
  const counts = zeroCounts();
  const records = [
    rejected(10),
    rejected(11),
    event(1, 'a', 1, { seq: 12 }),
    replay(13, 12), // accepted
    replay(14, 11),
    replay(15, 11), // replayed before
    Object.assign(rejected(16), { part: 0, position: 10, attempt: 1 }), // refused again
    replay(17, 10),
    replay(18, 16, { attempt: 2 }),
    replay(19, 9), // before all that is known
    replay(20, -1), // written before replays said what they replay
    sink,
  ];
  const lines = run(smallPlan(), records, counts);
  expect(lines.filter((line) => !line.startsWith('mark'))).toEqual([
    'rejected',
    'rejected',
    'event',
    'event',
    'rejected',
    'event',
    'event',
    'event',
    'replay',
  ]);
  expect(counts).toMatchObject({ duplicate: 3, rejected: 3, processed: 6 });
});

test('a late event is replayed into its windows once', () => {
  const late = [event(1, 'a', 1, { seq: 0 }), event(19, 'a', 1, { seq: 1 }), event(2, 'a', 3, { seq: 2 })];
  const again = (seq: number) => event(2, 'a', 3, { seq, part: 0, position: 2, attempt: 1 });
  const lines = run(smallPlan(), [...late, again(3), again(4)]);
  expect(lines).toEqual([
    'event',
    'event',
    'by_card a@0 r1 final {"n":1,"total":1}',
    'event late',
    'by_card a@0 r2 final {"n":2,"total":4}',
    'event',
  ]);
});

test('a detector forgets groups that have no more values, and a group that is back begins anew', () => {
  const found = detectors.find(({ name }) => name === 'zscore')!;
  const config = found.configure({ threshold: 2, half_life: '10ms', warmup: 3, forget_after: '50ms' });
  const method: Detector = {
    kind: 'zscore',
    forgetAfterMs: found.forgetAfterMs(config),
    create: () => found.create(config),
    judge: (state, value, timeMs) => found.judge(config, state, value, timeMs),
  };
  const odd = detectorOf({
    name: 'odd',
    by: ({ event: value }) => value!.card as string,
    value: ({ event: value }) => value!.amount as number,
    method,
  });
  const plan = smallPlan({ windows: [], detectors: [odd] });
  const known = [event(1, 'a', 1), event(2, 'a', 2), event(3, 'a', 1)];
  const alerts = (records: Flow[]) => run(plan, records).filter((line) => line.startsWith('alert'));
  expect(alerts([...known, event(54, 'b', 1), event(54, 'a', 100)])).toHaveLength(1);
  expect(alerts([...known, event(55, 'b', 1), event(55, 'a', 100)])).toEqual([]);

  const lane = createAggregate(plan, zeroCounts());
  const saved = new Map<string, Uint8Array>();
  for (let time = 0; time < 10_000; time++) {
    lane.process(event(time, `card ${time}`, 1), NOWHERE);
    lane.state!.drain({ put: (key, value) => saved.set(key, value), remove: (key) => saved.delete(key) });
  }
  const held = [...saved.keys()].filter((key) => key.startsWith('judges/'));
  expect(held.length).toBeLessThan(100);
  expect(lane.state!.size()).toBeLessThan(300);
});

test('a merged window: partials on closing, marks at every crossing, and the sum over the lanes', () => {
  const plan = smallPlan({ windows: [windowOf({ local: false })] });
  const lanes = [
    [event(1, 'a', 1), event(2, 'a', 2), event(13, 'a', 4)],
    [event(4, 'a', 8), event(16, 'b', 16)],
  ];
  const results: string[] = [];
  const merges = [createMerge(plan), createMerge(plan)];
  let offset = 0;
  for (const [from, records] of lanes.entries()) {
    const lane = createAggregate(plan, zeroCounts());
    for (const record of records) {
      lane.process(record, {
        everyPartial: true,
        forward: () => {},
        window: () => results.push('a lane must not emit a merged window'),
        alert: () => {},
        partial: (to, partial) =>
          merges[to]!.process(
            { seq: offset++, lane: from, record: partial },
            {
              window: (view) => {
                const { group, start, revision, final, values } = view.result();
                results.push(
                  `${group}@${start} r${revision}${final ? ' final' : ''} ${JSON.stringify(values)}`,
                );
              },
              alert: () => {},
              lateMerge: () => results.push('late merge'),
            },
          ),
      });
    }
  }
  expect(results).toEqual(['a@0 r1 final {"n":3,"total":11}']);
});

test('a lane that turns idle sends its open partials first', () => {
  const plan = smallPlan({ windows: [windowOf({ local: false, window: tumbling.configure('1h') })] });
  const tick = (ingestTime: number) => flowOf('tick', { part: HTTP, source: 'api', ingestTime });
  const lines = run(plan, [event(1, 'a', 1, { ingestTime: 0 }), tick(2_000), tick(4_000)]);
  const partial = lines.findIndex((line) => line.startsWith('partial'));
  expect(lines[partial]).toContain('a@0 [');
  expect(lines.slice(partial + 1)).toEqual(['mark 0 3999 idle', 'mark 1 3999 idle']);
});
