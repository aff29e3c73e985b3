import type { PipelineStatus, Status } from '@millrace/lanes/status';
import type { FastifyPluginAsync } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** One number per pipeline, or several with labels. */
interface Metric {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  read(status: PipelineStatus): readonly (readonly [value: number, ...labels: string[]])[];
}

const MS_PER_SECOND = 1_000;
const OUTCOMES = ['dropped', 'duplicate', 'rejected', 'late', 'processed'] as const;

/** Everything that `/metrics` answers beside Node's own; read from the status when it is asked for. */
export const METRICS: readonly Metric[] = [
  {
    kind: 'counter',
    name: 'millrace_events_total',
    help: 'Events that were acknowledged.',
    labels: [],
    read: ({ audit }) => [[audit.events]],
  },
  {
    kind: 'counter',
    name: 'millrace_outcomes_total',
    help: 'Events by what became of them.',
    labels: ['outcome'],
    read: ({ audit }) => OUTCOMES.map((outcome) => [audit[outcome], outcome] as const),
  },
  {
    kind: 'gauge',
    name: 'millrace_in_flight',
    help: 'Events acknowledged and without an outcome yet.',
    labels: [],
    read: ({ audit }) => [[audit.inFlight]],
  },
  {
    kind: 'gauge',
    name: 'millrace_audit_balanced',
    help: '1 while every event is accounted for; 0 is an alarm.',
    labels: [],
    read: ({ audit }) => [[audit.balanced ? 1 : 0]],
  },
  {
    kind: 'counter',
    name: 'millrace_stage_events_total',
    help: 'Records that a stage has been through.',
    labels: ['stage'],
    read: ({ stages }) => stages.map(({ name, events }) => [events, name] as const),
  },
  {
    kind: 'gauge',
    name: 'millrace_stage_lag',
    help: "Records in a stage's input that it has not been through.",
    labels: ['stage'],
    read: ({ stages }) => stages.map(({ name, lag }) => [lag, name] as const),
  },
  {
    kind: 'gauge',
    name: 'millrace_stage_latency_seconds',
    help: 'From ingest until a stage was done, over the last seconds.',
    labels: ['stage', 'quantile'],
    read: ({ stages }) =>
      stages.flatMap(({ name, latency }) =>
        latency === null
          ? []
          : [
              [latency.p50Ms / MS_PER_SECOND, name, '0.5'] as const,
              [latency.p99Ms / MS_PER_SECOND, name, '0.99'] as const,
            ],
      ),
  },
  {
    kind: 'gauge',
    name: 'millrace_watermark_seconds',
    help: 'Event time up to which a lane is complete.',
    labels: ['lane'],
    read: ({ lanes }) =>
      lanes.flatMap(({ lane, watermark }) =>
        watermark === null ? [] : [[watermark / MS_PER_SECOND, String(lane)] as const],
      ),
  },
  {
    kind: 'gauge',
    name: 'millrace_open_windows',
    help: 'Windows held in memory.',
    labels: [],
    read: ({ openWindows }) => [[openWindows]],
  },
  {
    kind: 'counter',
    name: 'millrace_dead_letters_total',
    help: 'Dead letters made since this process started.',
    labels: ['code'],
    read: ({ deadLetters }) => Object.entries(deadLetters).map(([code, count]) => [count, code] as const),
  },
  {
    kind: 'counter',
    name: 'millrace_repeats_total',
    help: 'Records that came again and were dropped; harmless.',
    labels: [],
    read: ({ repeats }) => [[repeats]],
  },
  {
    kind: 'counter',
    name: 'millrace_gaps_total',
    help: 'Times that a lane stopped because an event had vanished; anything but 0 is an alarm.',
    labels: [],
    read: ({ gaps }) => [[gaps]],
  },
  {
    kind: 'counter',
    name: 'millrace_source_events_total',
    help: 'Events that a source has taken since this process started.',
    labels: ['source', 'kind'],
    read: ({ sources }) => sources.map(({ name, kind, events }) => [events, name, kind] as const),
  },
];

/** `GET /metrics` in the Prometheus text format. */
export function metricsRoute(status: () => Status): FastifyPluginAsync {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const metric of METRICS) register(registry, metric, status);
  return async (app) => {
    app.get('/metrics', async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
    );
  };
}

function register(
  registry: Registry,
  { kind, name, help, labels, read }: Metric,
  status: () => Status,
): void {
  const labelNames = ['pipeline', ...labels];
  const options = { name, help, labelNames, registers: [registry] };
  const values = () =>
    status().pipelines.flatMap((pipeline) =>
      read(pipeline).map(([value, ...names]) => {
        const of = [pipeline.pipeline, ...names].map((text, i) => [labelNames[i]!, text]);
        return { value, of: Object.fromEntries(of) as Record<string, string> };
      }),
    );
  if (kind === 'gauge') {
    const gauge = new Gauge({
      ...options,
      collect() {
        gauge.reset();
        for (const { of, value } of values()) gauge.set(of, value);
      },
    });
    return;
  }
  const counter = new Counter({
    ...options,
    // The totals are kept elsewhere; set anew for each scrape.
    collect() {
      counter.reset();
      for (const { of, value } of values()) counter.inc(of, value);
    },
  });
}
