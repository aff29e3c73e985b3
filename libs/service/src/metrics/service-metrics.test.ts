import { expect, test } from '@jest/globals';
import { createMeasures } from '@millrace/lanes/measures';
import { systemClock } from '@millrace/lanes/ports/clock';
import { createLaneBoard } from '../lane-board.ts';
import { SERVICE_METRICS, serviceMetrics } from './service-metrics.ts';

const logger = { info: () => {}, warn: () => {}, error: () => {} };

function setUp() {
  const measures = createMeasures();
  const clock = systemClock;
  const board = createLaneBoard({ pipeline: 'p', clock, logger, measures });
  const health = { reasons: () => [] };
  const about = { service: 'validate', pipeline: 'p', plan: 'hash', version: '1' };
  const metrics = serviceMetrics({ ...about, measures, board, health, clock });
  return { measures, board, metrics, text: () => metrics.registry.metrics() };
}

test('latencies are a histogram that Prometheus can add up', async () => {
  const { measures, text } = setUp();
  for (const ms of [0.5, 3, 3, 100_000]) measures.stages.validate.latency(Date.now(), ms);
  const found = (await text()).match(/^millrace_stage_latency_seconds.*$/gm)!;
  expect(found).toContain(
    'millrace_stage_latency_seconds_bucket{pipeline="p",stage="validate",le="0.001"} 1',
  );
  expect(found).toContain(
    'millrace_stage_latency_seconds_bucket{pipeline="p",stage="validate",le="0.002"} 1',
  );
  expect(found).toContain(
    'millrace_stage_latency_seconds_bucket{pipeline="p",stage="validate",le="0.004"} 3',
  );
  expect(found).toContain('millrace_stage_latency_seconds_bucket{pipeline="p",stage="validate",le="+Inf"} 4');
  expect(found).toContain('millrace_stage_latency_seconds_sum{pipeline="p",stage="validate"} 100.0065');
});

test('a lane that waits for a person is told with its code', async () => {
  const { board, text } = setUp();
  board.stopped('validate', 'p.raw', 3, new Error('gone'));
  expect(await text()).toContain(
    'millrace_lane_stopped{pipeline="p",stage="validate",lane="3",code="failed"} 1',
  );
});

test('servers’ answers are timed, refused ones too', async () => {
  const { metrics, text } = setUp();
  const results = metrics.calls.results({ write: () => Promise.reject(new Error('down')) } as never);
  await expect(results.write([])).rejects.toThrow('down');
  expect(await text()).toMatch(
    /^millrace_call_seconds_count\{pipeline="p",server="cassandra",call="write"\} 1$/m,
  );
});

test('every name is ours, in the units of Prometheus, and there once', () => {
  const names = SERVICE_METRICS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, kind } of SERVICE_METRICS) {
    expect(name).toMatch(/^millrace_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(kind === 'counter');
  }
});
