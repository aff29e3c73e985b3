import type { Measures } from '@millrace/lanes/measures';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { SourceStatus } from '@millrace/lanes/status';
import type { FastifyPluginAsync } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Health } from '../health.ts';
import { type LaneBoard, type LaneEntry, lagOf, watermarkOf } from '../lane-board.ts';
import { type CallTimes, createCallTimes } from './call-times.ts';
import { type HistogramDefinition, type MetricDefinition, registerMetric } from './metric.ts';

/** What a service's metrics are read from. */
export interface ServiceCounts {
  readonly service: string;
  readonly pipeline: string;
  readonly plan: string;
  readonly version: string;
  readonly measures: Measures;
  readonly board: LaneBoard;
  readonly health: Pick<Health, 'reasons'>;
  readonly clock: Clock;
  /** By stage: tries of something that did not answer. */
  readonly retries: ReadonlyMap<string, number>;
  readonly calls: CallTimes;
  /** ingest. */
  readonly sources: () => readonly SourceStatus[];
  readonly waiting: () => number;
}

const MS_PER_SECOND = 1_000;

const aggregates = ({ board }: ServiceCounts): readonly LaneEntry[] =>
  board.entries().filter(({ view, held }) => held && view !== null);

const watermarks = (counts: ServiceCounts): readonly (readonly [watermark: number, lane: string])[] =>
  aggregates(counts).flatMap((entry) => {
    const watermark = watermarkOf(entry);
    return watermark === null ? [] : [[watermark, String(entry.lane)] as const];
  });

/** Everything that a service's `/metrics` answers beside Node's own; docs/metrics.md is written from it. */
export const SERVICE_METRICS: readonly (
  | MetricDefinition<ServiceCounts>
  | HistogramDefinition<ServiceCounts>
)[] = [
  {
    kind: 'gauge',
    name: 'millrace_info',
    help: '1; which program and plan it is.',
    labels: ['service', 'version', 'plan'],
    read: ({ service, version, plan }) => [[1, service, version, plan]],
  },
  {
    kind: 'gauge',
    name: 'millrace_ready',
    help: '1 while `/readyz` says ok.',
    labels: ['service'],
    read: ({ service, health }) => [[health.reasons().length === 0 ? 1 : 0, service]],
  },
  {
    kind: 'counter',
    name: 'millrace_stage_events_total',
    help: 'Events that a stage of this process has been through.',
    labels: ['stage'],
    read: ({ measures }) =>
      Object.entries(measures.stages).flatMap(([stage, { total }]) =>
        total > 0 ? [[total, stage] as const] : [],
      ),
  },
  {
    kind: 'histogram',
    name: 'millrace_stage_latency_seconds',
    help: 'From ingest until a stage was done with a record, durably; of route it is the whole way.',
    labels: ['stage'],
    readHistograms: ({ measures }) =>
      Object.entries(measures.stages).flatMap(([stage, meter]) => {
        const histogram = meter.histogram();
        return histogram.count > 0 ? [[histogram, stage] as const] : [];
      }),
  },
  {
    kind: 'gauge',
    name: 'millrace_stage_lag',
    help: "Records that wait before a stage's lanes in this process.",
    labels: ['stage'],
    read: ({ board }) => {
      const lags = new Map<string, number>();
      for (const entry of board.entries()) {
        if (!entry.held && entry.stopped === null) continue;
        lags.set(entry.stage, (lags.get(entry.stage) ?? 0) + lagOf(board, entry));
      }
      return [...lags].map(([stage, lag]) => [lag, stage] as const);
    },
  },
  {
    kind: 'gauge',
    name: 'millrace_lane_lag',
    help: 'Records that wait in a lane of a topic, of the lanes that this process has.',
    labels: ['stage', 'topic', 'lane'],
    read: ({ board }) =>
      board
        .entries()
        .filter(({ held, stopped }) => held || stopped !== null)
        .map((entry) => [lagOf(board, entry), entry.stage, entry.topic, String(entry.lane)] as const),
  },
  {
    kind: 'gauge',
    name: 'millrace_lanes',
    help: 'Lanes that a stage of this process has, counted per topic.',
    labels: ['stage'],
    read: ({ board }) => {
      const held = Map.groupBy(board.entries(), ({ stage }) => stage);
      return [...held].map(([stage, lanes]) => [lanes.filter((each) => each.held).length, stage] as const);
    },
  },
  {
    kind: 'gauge',
    name: 'millrace_lane_stopped',
    help: '1 for a lane that waits for a person; absent: none does. The log and `/readyz` say what to do.',
    labels: ['stage', 'lane', 'code'],
    read: ({ board }) =>
      board
        .entries()
        .flatMap(({ stage, lane, stopped }) =>
          stopped === null ? [] : [[1, stage, String(lane), stopped.code] as const],
        ),
  },
  {
    kind: 'gauge',
    name: 'millrace_watermark_seconds',
    help: 'Event time up to which a lane is complete, in seconds since 1970.',
    labels: ['lane'],
    read: (counts) => watermarks(counts).map(([ms, lane]) => [ms / MS_PER_SECOND, lane] as const),
  },
  {
    kind: 'gauge',
    name: 'millrace_watermark_delay_seconds',
    help: 'How far a lane’s watermark is behind the clock; large on historical data.',
    labels: ['lane'],
    read: (counts) =>
      watermarks(counts).map(([ms, lane]) => [(counts.clock.now() - ms) / MS_PER_SECOND, lane] as const),
  },
  {
    kind: 'gauge',
    name: 'millrace_open_windows',
    help: 'Windows held in memory.',
    labels: [],
    read: (counts) => {
      const held = aggregates(counts);
      return held.length === 0 ? [] : [[held.reduce((sum, { view }) => sum + view!.openWindows(), 0)]];
    },
  },
  {
    kind: 'counter',
    name: 'millrace_repeats_total',
    help: 'Records that came again and were dropped; harmless.',
    labels: [],
    read: ({ measures }) => [[measures.repeats]],
  },
  {
    kind: 'counter',
    name: 'millrace_gaps_total',
    help: 'Times that a lane stopped because an event had vanished; anything but 0 is an alarm.',
    labels: [],
    read: ({ measures }) => [[measures.gaps]],
  },
  {
    kind: 'counter',
    name: 'millrace_dead_letters_total',
    help: 'Dead letters made by this process.',
    labels: ['code'],
    read: ({ measures }) => [...measures.deadLetters].map(([code, count]) => [count, code] as const),
  },
  {
    kind: 'counter',
    name: 'millrace_retries_total',
    help: 'Tries of something that did not answer, and was tried again.',
    labels: ['stage'],
    read: ({ retries }) => [...retries].map(([stage, count]) => [count, stage] as const),
  },
  {
    kind: 'histogram',
    name: 'millrace_call_seconds',
    help: 'How long a server took to answer: `kafka` (append, commit), `redis` (take_over, checkpoint), `cassandra` (read, write).',
    labels: ['server', 'call'],
    readHistograms: ({ calls }) =>
      [...calls.meters().values()].map(
        ({ server, call, meter }) => [meter.histogram(), server, call] as const,
      ),
  },
  {
    kind: 'counter',
    name: 'millrace_source_events_total',
    help: 'ingest: events that a source has taken in this process.',
    labels: ['source', 'kind'],
    read: ({ sources }) => sources().map(({ name, kind, events }) => [events, name, kind] as const),
  },
  {
    kind: 'gauge',
    name: 'millrace_ingest_waiting',
    help: 'ingest: records taken that the log has not acknowledged.',
    labels: [],
    read: ({ service, waiting }) => (service === 'ingest' ? [[waiting()]] : []),
  },
];

export interface ServiceMetrics {
  readonly registry: Registry;
  readonly calls: CallTimes;
  /** `GET /metrics` in the Prometheus text format. */
  readonly route: FastifyPluginAsync;
  retried(stage: string): void;
  /** ingest: where its sources stand. */
  ingest(sources: ServiceCounts['sources'], waiting: ServiceCounts['waiting']): void;
}

export function serviceMetrics(
  counts: Omit<ServiceCounts, 'retries' | 'sources' | 'waiting' | 'calls'>,
): ServiceMetrics {
  const retries = new Map<string, number>();
  const calls = createCallTimes(counts.clock);
  let sources: ServiceCounts['sources'] = () => [];
  let waiting: ServiceCounts['waiting'] = () => 0;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const common = { pipeline: counts.pipeline };
  const source: ServiceCounts = {
    ...counts,
    retries,
    calls,
    sources: () => sources(),
    waiting: () => waiting(),
  };
  for (const metric of SERVICE_METRICS) registerMetric(registry, metric, () => [[common, source]]);
  return {
    registry,
    calls,
    route: metricsRoute(registry),
    retried(stage) {
      retries.set(stage, (retries.get(stage) ?? 0) + 1);
    },
    ingest(newSources, newWaiting) {
      sources = newSources;
      waiting = newWaiting;
    },
  };
}

export function metricsRoute(registry: Registry): FastifyPluginAsync {
  return async (app) => {
    app.get('/metrics', async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
    );
  };
}
