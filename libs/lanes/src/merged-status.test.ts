import { expect, test } from '@jest/globals';
import { planOf } from '@millrace/testkit/plans';
import { type Counts, zeroCounts } from './audit.ts';
import { mergedStatus } from './merged-status.ts';
import type { LaneReport, ServiceReport } from './service-report.ts';

const plan = { ...planOf(), lanes: 1 };
const topic = (name: string): string => `${plan.pipeline}.${name}`;

function lane(name: string, stage: string, offset: number, counts: Partial<Counts> = {}): LaneReport {
  return {
    stage,
    topic: topic(name),
    lane: 0,
    offset,
    counts: { ...zeroCounts(), ...counts },
    watermark: null,
    openWindows: 0,
    stopped: null,
  };
}

function report(service: string, parts: Partial<ServiceReport> = {}): ServiceReport {
  return {
    service,
    instance: `${service}-1`,
    number: 1,
    plan: plan.hash,
    generation: 0,
    startedMs: 0,
    state: 'running',
    reasons: [],
    lanes: [],
    ends: {},
    eventEnds: [],
    stages: {},
    repeats: 0,
    gaps: 0,
    deadLetters: {},
    sources: [],
    waiting: 0,
    ...parts,
  };
}

function statusOf(...reports: readonly ServiceReport[]) {
  const heard = reports.map((each) => ({ report: each, alive: each.state === 'running', missed: true }));
  return mergedStatus({ plan, nowMs: 1_000, startedMs: 0, heard });
}

const ingest = report('ingest', { eventEnds: [10] });
const validate = report('validate', {
  lanes: [lane('raw', 'validate', 10, { events: 10, dropped: 1 })],
  ends: { [topic('validated')]: [9] },
});
const enrich = report('enrich', {
  lanes: [lane('validated', 'enrich', 9)],
  ends: { [topic('enriched')]: [9] },
});
const aggregate = report('aggregate', {
  lanes: [lane('enriched', 'aggregate', 9, { events: 9, processed: 9 })],
});

test('what each stage tells adds up', () => {
  const { audit } = statusOf(ingest, validate, enrich, aggregate);
  expect(audit).toMatchObject({ events: 10, dropped: 1, processed: 9, inFlight: 0, balanced: true });
});

test('what is not read yet is in flight', () => {
  const { audit, lanes } = statusOf(report('ingest', { eventEnds: [14] }), validate, enrich, aggregate);
  expect(audit).toMatchObject({ events: 14, inFlight: 4, balanced: true });
  expect(lanes[0]!.lag).toBe(4);
});

test('what waits between two stages is in flight, also where the next one told of itself before', () => {
  const behind = report('aggregate', {
    lanes: [lane('enriched', 'aggregate', 5, { events: 5, processed: 5 })],
  });
  expect(statusOf(ingest, validate, enrich, behind).audit).toMatchObject({ inFlight: 4, balanced: true });
});

test('an event that vanished is not in flight: the audit does not balance', () => {
  const less = report('aggregate', {
    lanes: [lane('enriched', 'aggregate', 9, { events: 8, processed: 8 })],
  });
  expect(statusOf(ingest, validate, enrich, less).audit).toMatchObject({
    inFlight: 0,
    sum: 9,
    balanced: false,
  });
});

test('of two that tell of a lane, the one that is further on counts; what has gone, counts on', () => {
  const before = report('aggregate', {
    instance: 'aggregate-0',
    state: 'ended',
    lanes: [lane('enriched', 'aggregate', 4, { events: 4, processed: 4 })],
  });
  expect(statusOf(ingest, validate, enrich, before, aggregate).audit.balanced).toBe(true);
  const ended = { ...aggregate, state: 'ended' } as const;
  const { audit, state } = statusOf(ingest, validate, enrich, ended);
  expect(audit).toMatchObject({ processed: 9, balanced: true });
  expect(state).toBe('starting');
});

test('a stopped lane is told, and that a service is silent', () => {
  const stopped = { code: 'lane_gap', message: 'an event vanished' };
  const ill = report('enrich', { lanes: [{ ...lane('validated', 'enrich', 9), stopped }] });
  const heard = [ingest, validate, ill, aggregate].map((each) => ({
    report: each,
    alive: each !== validate,
    missed: true,
  }));
  const { state, lanes, services } = mergedStatus({ plan, nowMs: 0, startedMs: 0, heard });
  expect(state).toBe('stopped');
  expect(lanes[0]!.stopped).toEqual(stopped);
  expect(services.map(({ service, state: of }) => `${service} ${of}`)).toEqual([
    'ingest running',
    'validate silent',
    'enrich running',
    'aggregate running',
  ]);
});

test('what was told before a reset does not count', () => {
  const before = { ...aggregate, instance: 'aggregate-0', state: 'ended' } as const;
  const after = [ingest, validate, enrich].map((each) => ({ ...each, generation: 1 }));
  const now = report('aggregate', {
    generation: 1,
    lanes: [lane('enriched', 'aggregate', 2, { events: 2, processed: 2 })],
  });
  expect(statusOf(before, ...after, now).audit).toMatchObject({ processed: 2, inFlight: 7, balanced: true });
});

test('rates and latencies are those of all replicas', () => {
  const stages = { validate: { events: 5, eventsPerSecond: 2, latencies: [[8, 5]] as const } };
  const first = report('validate', { stages });
  const second = report('validate', { instance: 'validate-2', stages });
  const found = statusOf(first, second).stages.find(({ name }) => name === 'validate');
  expect(found).toMatchObject({ events: 10, eventsPerSecond: 4, latency: { p50Ms: 4 } });
});
