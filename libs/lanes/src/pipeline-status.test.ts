import { expect, test } from '@jest/globals';
import { planOf } from '@millrace/testkit/plans';
import { type Counts, zeroCounts } from './audit.ts';
import { NO_TIME } from './flow.ts';
import { createMeasures } from './measures.ts';
import { type LaneSnapshot, type PipelineSnapshot, pipelineStatus } from './pipeline-status.ts';

function laneOf(counts: Partial<Counts>, parts: Partial<LaneSnapshot> = {}): LaneSnapshot {
  return {
    lane: 0,
    counts: { ...zeroCounts(), ...counts },
    accepted: counts.events ?? 0,
    lag: 0,
    watermark: NO_TIME,
    openWindows: 0,
    stopped: null,
    ...parts,
  };
}

function statusOf(lanes: readonly LaneSnapshot[], parts: Partial<PipelineSnapshot> = {}) {
  return pipelineStatus({
    plan: planOf(),
    nowMs: 10_000,
    startedMs: 4_000,
    state: 'running',
    lanes,
    measures: createMeasures(),
    sources: [],
    waiting: 0,
    ...parts,
  });
}

test('the audit adds the lanes up', () => {
  const { audit } = statusOf([
    laneOf({ events: 4, processed: 2, duplicate: 1, late: 1 }),
    laneOf({ events: 3, rejected: 1, dropped: 2 }),
  ]);
  expect(audit).toMatchObject({
    ...{ events: 7, processed: 2, duplicate: 1, late: 1, rejected: 1, dropped: 2, inFlight: 0 },
    ...{ sum: 7, balanced: true },
  });
});

test('what was acknowledged and not read yet is in flight', () => {
  const { audit } = statusOf([laneOf({ events: 5, processed: 5 }, { accepted: 8, lag: 4 })]);
  expect(audit).toMatchObject({ events: 8, processed: 5, inFlight: 3, balanced: true });
});

test('an acknowledged event that no lane has read to its end is missing', () => {
  const { audit } = statusOf([laneOf({ events: 5, processed: 5 }, { accepted: 6, lag: 0 })]);
  expect(audit).toMatchObject({ events: 6, sum: 5, balanced: false });
});

test('an event without an outcome is missing, also while others wait', () => {
  const { audit } = statusOf([laneOf({ events: 5, processed: 4 }, { accepted: 8, lag: 4 })]);
  expect(audit).toMatchObject({ events: 8, sum: 7, balanced: false });
});

test('a record that is read before its append is heard of is not missing', () => {
  const { audit } = statusOf([laneOf({ events: 5, processed: 5 }, { accepted: 4, lag: 0 })]);
  expect(audit).toMatchObject({ events: 5, inFlight: 0, balanced: true });
});

test('a lane that waits for a person stops the pipeline', () => {
  const stopped = { code: 'lane_gap', message: 'an event vanished' };
  const status = statusOf([laneOf({}), laneOf({}, { lane: 1, stopped })]);
  expect(status.state).toBe('stopped');
  expect(status.lanes[1]!.stopped).toEqual(stopped);
});

test('a watermark that nothing has moved is not there', () => {
  const { lanes } = statusOf([laneOf({}), laneOf({}, { lane: 1, watermark: 7_000 })]);
  expect(lanes.map(({ watermark, watermarkAgeMs }) => [watermark, watermarkAgeMs])).toEqual([
    [null, null],
    [7_000, 3_000],
  ]);
});

test('merge is shown where the plan has one; lags are those of the stages where each has its own input', () => {
  const names = statusOf([laneOf({}, { lag: 2 })]).stages.map(({ name, lag }) => [name, lag]);
  expect(names).toEqual([
    ['ingest', 0],
    ['validate', 2],
    ['enrich', 0],
    ['aggregate', 0],
    ['route', 0],
  ]);
  const lags = { validate: 1, enrich: 3, aggregate: 5, merge: 7, route: 9 };
  const separate = statusOf([laneOf({})], { lags, waiting: 11 });
  expect(separate.stages.map(({ lag }) => lag)).toEqual([11, 1, 3, 5, 9]);
});
