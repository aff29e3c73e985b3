import type { Plan } from '@millrace/pipeline/plan';
import { addFlags, type Counts, OUTCOMES, zeroCounts } from './audit.ts';
import { NO_TIME } from './flow.ts';
import type { Measures, Meter } from './measures.ts';
import {
  auditStatus,
  type LaneStatus,
  type PipelineStatus,
  type SourceStatus,
  type StageStatus,
} from './status.ts';

/** What is known of a lane at one moment. */
export interface LaneSnapshot {
  readonly lane: number;
  /** Of the events that were read from raw up to `lag` records before its end. */
  readonly counts: Readonly<Counts>;
  /** Events of raw that the log has acknowledged, read or not. */
  readonly accepted: number;
  /** Records of raw that have not been through. */
  readonly lag: number;
  /** Event time in ms, or NO_TIME. */
  readonly watermark: number;
  readonly openWindows: number;
  readonly stopped: LaneStatus['stopped'];
}

export interface PipelineSnapshot {
  readonly plan: Plan;
  readonly nowMs: number;
  readonly startedMs: number;
  readonly state: PipelineStatus['state'];
  readonly lanes: readonly LaneSnapshot[];
  readonly measures: Measures;
  readonly sources: readonly SourceStatus[];
  /** Records of ingest that the log has not acknowledged. */
  readonly waiting: number;
  /** Records that wait before a stage; absent: fused, where only validate has an input of its own. */
  readonly lags?: Readonly<Record<string, number>>;
}

/**
 * The status of a pipeline from what its parts know. The audit is a check, not a sum of itself: `events` is what the
 * log acknowledged or the lanes read, whichever is more; what is in flight is there only while records wait.
 */
export function pipelineStatus(snapshot: PipelineSnapshot): PipelineStatus {
  const { plan, nowMs, startedMs, lanes, measures, sources } = snapshot;
  const stopped = lanes.some((lane) => lane.stopped !== null);
  return {
    pipeline: plan.pipeline,
    plan: plan.hash,
    state: stopped ? 'stopped' : snapshot.state,
    uptimeMs: nowMs - startedMs,
    audit: auditOf(lanes),
    stages: stagesOf(snapshot),
    latency: measures.stages.route.latencies(nowMs),
    lanes: lanes.map((lane) => laneStatus(lane, nowMs)),
    openWindows: lanes.reduce((sum, { openWindows }) => sum + openWindows, 0),
    repeats: measures.repeats,
    gaps: measures.gaps,
    deadLetters: Object.fromEntries(measures.deadLetters),
    sources,
    services: [],
  };
}

function auditOf(lanes: readonly LaneSnapshot[]) {
  const total = zeroCounts();
  let inFlight = 0;
  for (const { counts, accepted, lag } of lanes) {
    for (const outcome of OUTCOMES) total[outcome] += counts[outcome];
    addFlags(total, counts.flags);
    // A lane may read a record before the writer hears that it is durable.
    total.events += Math.max(accepted, counts.events);
    if (lag > 0) inFlight += Math.max(0, accepted - counts.events);
  }
  return auditStatus(total, inFlight);
}

function stagesOf(snapshot: PipelineSnapshot): StageStatus[] {
  const { plan, lanes, measures, nowMs, waiting } = snapshot;
  const lags = snapshot.lags ?? { validate: lanes.reduce((sum, { lag }) => sum + lag, 0) };
  const merges = plan.windows.some(({ local }) => !local);
  return (Object.entries(measures.stages) as [string, Meter][])
    .filter(([name]) => name !== 'merge' || merges)
    .map(([name, meter]) => ({
      name,
      eventsPerSecond: meter.rate(nowMs),
      events: meter.total,
      latency: meter.latencies(nowMs),
      lag: name === 'ingest' ? waiting : (lags[name] ?? 0),
    }));
}

function laneStatus({ lane, lag, watermark, openWindows, stopped }: LaneSnapshot, nowMs: number): LaneStatus {
  const known = watermark !== NO_TIME;
  return {
    lane,
    lag,
    watermark: known ? watermark : null,
    watermarkAgeMs: known ? nowMs - watermark : null,
    openWindows,
    stopped,
  };
}
