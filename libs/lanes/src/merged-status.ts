import type { Plan } from '@millrace/pipeline/plan';
import { addFlags, type Counts, OUTCOMES, zeroCounts } from './audit.ts';
import { latencyOf } from './measures.ts';
import type { LaneReport, ServiceReport } from './service-report.ts';
import {
  type AuditStatus,
  auditStatus,
  type LaneStatus,
  type PipelineStatus,
  type ServiceStatus,
  type SourceStatus,
  type StageStatus,
} from './status.ts';

/** A report, and whether its process is still heard of. */
export interface HeardReport {
  readonly report: ServiceReport;
  readonly alive: boolean;
  /** Whether people still want to know of it: false of one that has been gone for long. */
  readonly missed: boolean;
}

export interface MergeInput {
  readonly plan: Plan;
  readonly nowMs: number;
  readonly startedMs: number;
  readonly heard: readonly HeardReport[];
}

/** What each stage reads, in the order of the data. */
const READS = [
  ['validate', ['raw']],
  ['enrich', ['validated']],
  ['aggregate', ['enriched']],
  ['merge', ['partials']],
  ['route', ['aggregated', 'windows', 'alerts']],
] as const;

/** The services that a pipeline needs, in the order of the data. */
const SERVICES = ['ingest', 'validate', 'enrich', 'aggregate', 'route'] as const;

/**
 * The status of a pipeline whose stages are processes of their own, from what they tell of themselves. Their reports
 * are of different moments; what has not reached the next stage's report is in flight. Where a lane's reader is not
 * heard of, its last word counts.
 */
export function mergedStatus({ plan, nowMs, startedMs, heard: all }: MergeInput): PipelineStatus {
  // What was before a reset is no part of it.
  const generation = Math.max(0, ...all.map(({ report }) => report.generation));
  const heard = all.filter(({ report }) => report.generation === generation);
  const view = viewOf(plan, heard);
  const alive = heard.filter((each) => each.alive).map(({ report }) => report);
  const lanes = view.lanes.map((lane) => laneStatus(view, lane, nowMs));
  return {
    pipeline: plan.pipeline,
    plan: plan.hash,
    state: stateOf(alive, view),
    uptimeMs: nowMs - startedMs,
    audit: auditOf(view),
    stages: stagesOf(view, alive),
    latency: latencyOf(alive.map(({ stages }) => stages.route?.latencies ?? [])),
    lanes,
    openWindows: lanes.reduce((sum, { openWindows }) => sum + openWindows, 0),
    repeats: sumOf(alive, ({ repeats }) => repeats),
    gaps: sumOf(alive, ({ gaps }) => gaps),
    deadLetters: deadLettersOf(alive),
    sources: sourcesOf(alive),
    services: heard
      .filter(({ report, alive: lives, missed }) => lives || (missed && report.state !== 'ended'))
      .map(serviceStatus)
      .sort((a, b) => order(a) - order(b) || (a.instance < b.instance ? -1 : 1)),
  };
}

interface View {
  readonly plan: Plan;
  readonly merges: boolean;
  readonly lanes: readonly number[];
  /** The report of a lane that is furthest on. */
  entry(topic: string, lane: number): LaneReport | null;
  stopped(lane: number): LaneStatus['stopped'];
  lag(topic: string, lane: number): number;
  /** Events of raw that nobody has read, as far as known; a tick among them counts as one. */
  unread(lane: number): number;
}

function viewOf(plan: Plan, heard: readonly HeardReport[]): View {
  const furthest = new Map<string, LaneReport>();
  const stopped = new Map<number, NonNullable<LaneStatus['stopped']>>();
  const ends = new Map<string, number>();
  const eventEnds = new Array<number>(plan.lanes).fill(0);
  const key = (topic: string, lane: number): string => `${topic}/${lane}`;
  for (const { report, alive } of heard) {
    for (const each of report.lanes) {
      const before = furthest.get(key(each.topic, each.lane));
      if (before === undefined || each.offset > before.offset) furthest.set(key(each.topic, each.lane), each);
      if (alive && each.stopped !== null) stopped.set(each.lane, each.stopped);
    }
    for (const [topic, known] of Object.entries(report.ends)) {
      for (const [lane, end] of known.entries()) {
        ends.set(key(topic, lane), Math.max(end, ends.get(key(topic, lane)) ?? 0));
      }
    }
    for (const [lane, end] of report.eventEnds.entries()) {
      if (lane < plan.lanes) eventEnds[lane] = Math.max(end, eventEnds[lane]!);
    }
  }
  const named = (topic: string): string => `${plan.pipeline}.${topic}`;
  const entry = (topic: string, lane: number) => furthest.get(key(named(topic), lane)) ?? null;
  return {
    plan,
    merges: plan.windows.some(({ local }) => !local),
    lanes: Array.from({ length: plan.lanes }, (_, lane) => lane),
    entry,
    stopped: (lane) => stopped.get(lane) ?? null,
    lag: (topic, lane) =>
      Math.max(0, (ends.get(key(named(topic), lane)) ?? 0) - (entry(topic, lane)?.offset ?? 0)),
    unread: (lane) => Math.max(0, eventEnds[lane]! - (entry('raw', lane)?.offset ?? 0)),
  };
}

/**
 * Only validate knows what it dropped, only aggregate the rest. Events are in flight only while records wait: when
 * nothing does and the counts differ, something has vanished, and the audit says so.
 */
function auditOf(view: View): AuditStatus {
  const total = zeroCounts();
  let inFlight = 0;
  for (const lane of view.lanes) {
    const read = view.entry('raw', lane)?.counts ?? zeroCounts();
    const { dropped: _, ...rest } = view.entry('enriched', lane)?.counts ?? zeroCounts();
    const counts: Counts = { ...rest, dropped: read.dropped, events: rest.events + read.dropped };
    for (const outcome of OUTCOMES) total[outcome] += counts[outcome];
    addFlags(total, counts.flags);
    const unread = view.unread(lane);
    // Aggregate may have told of an event that validate tells of only next time.
    const events = Math.max(read.events + unread, counts.events);
    total.events += events;
    const waits = unread + view.lag('validated', lane) + view.lag('enriched', lane) > 0;
    if (waits) inFlight += events - counts.events;
  }
  return auditStatus(total, inFlight);
}

function laneStatus(view: View, lane: number, nowMs: number): LaneStatus {
  const { watermark = null, openWindows = 0 } = view.entry('enriched', lane) ?? {};
  return {
    lane,
    lag: view.unread(lane) + view.lag('validated', lane) + view.lag('enriched', lane),
    watermark,
    watermarkAgeMs: watermark === null ? null : nowMs - watermark,
    openWindows,
    stopped: view.stopped(lane),
  };
}

function stagesOf(view: View, alive: readonly ServiceReport[]): StageStatus[] {
  const readers = READS.filter(([name]) => name !== 'merge' || view.merges).map(([name, topics]) => ({
    name,
    lag: topics.reduce(
      (sum, topic) => sum + view.lanes.reduce((all, lane) => all + view.lag(topic, lane), 0),
      0,
    ),
  }));
  return [{ name: 'ingest', lag: sumOf(alive, ({ waiting }) => waiting) }, ...readers].map(
    ({ name, lag }) => {
      const reports = alive.flatMap(({ stages }) => stages[name] ?? []);
      return {
        name,
        eventsPerSecond: sumOf(reports, ({ eventsPerSecond }) => eventsPerSecond),
        events: sumOf(reports, ({ events }) => events),
        latency: latencyOf(reports.map(({ latencies }) => latencies)),
        lag,
      };
    },
  );
}

function stateOf(alive: readonly ServiceReport[], view: View): PipelineStatus['state'] {
  if (view.lanes.some((lane) => view.stopped(lane) !== null)) return 'stopped';
  const running = (name: string) =>
    alive.some(({ service, state }) => service === name && state === 'running');
  return SERVICES.every(running) ? 'running' : 'starting';
}

function serviceStatus({ report, alive }: HeardReport): ServiceStatus {
  const { service, instance, state, startedMs, reasons, lanes } = report;
  return {
    service,
    instance,
    state: alive ? state : 'silent',
    startedMs,
    reasons,
    lanes: alive ? lanes.length : 0,
  };
}

function order({ service }: ServiceStatus): number {
  const at = (SERVICES as readonly string[]).indexOf(service);
  return at < 0 ? SERVICES.length : at;
}

function deadLettersOf(alive: readonly ServiceReport[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { deadLetters } of alive) {
    for (const [code, count] of Object.entries(deadLetters)) sums[code] = (sums[code] ?? 0) + count;
  }
  return sums;
}

/** A source of several replicas is one, with the parts of all. */
function sourcesOf(alive: readonly ServiceReport[]): SourceStatus[] {
  const sums = new Map<string, SourceStatus>();
  for (const source of alive.flatMap(({ sources }) => sources)) {
    const before = sums.get(source.name);
    sums.set(
      source.name,
      before === undefined
        ? source
        : {
            ...before,
            events: before.events + source.events,
            eventsPerSecond: before.eventsPerSecond + source.eventsPerSecond,
            parts: [
              ...before.parts,
              ...source.parts.filter(({ name }) => !before.parts.some((part) => part.name === name)),
            ],
          },
    );
  }
  return [...sums.values()];
}

function sumOf<T>(all: readonly T[], value: (each: T) => number): number {
  return all.reduce((sum, each) => sum + value(each), 0);
}
