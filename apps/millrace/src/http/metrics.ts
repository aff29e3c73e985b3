import type { Measures } from '@millrace/lanes/measures';
import type { PipelineStatus, Status } from '@millrace/lanes/status';
import {
  type HistogramDefinition,
  type MetricDefinition,
  registerMetric,
} from '@millrace/service/metrics/metric';
import { PIPELINE_METRICS } from '@millrace/service/metrics/pipeline-metrics';
import { metricsRoute as routeOf } from '@millrace/service/metrics/service-metrics';
import type { FastifyPluginAsync } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';

interface Source {
  readonly status: PipelineStatus;
  readonly measures: Measures;
}

const MS_PER_SECOND = 1_000;

/** What `/metrics` answers where all stages run in one process, beside what any pipeline has and Node's own. */
const METRICS: readonly (MetricDefinition<Source> | HistogramDefinition<Source>)[] = [
  {
    kind: 'counter',
    name: 'millrace_stage_events_total',
    help: 'Records that a stage has been through.',
    labels: ['stage'],
    read: ({ status: { stages } }) => stages.map(({ name, events }) => [events, name] as const),
  },
  {
    kind: 'gauge',
    name: 'millrace_stage_lag',
    help: "Records in a stage's input that it has not been through.",
    labels: ['stage'],
    read: ({ status: { stages } }) => stages.map(({ name, lag }) => [lag, name] as const),
  },
  {
    kind: 'histogram',
    name: 'millrace_stage_latency_seconds',
    help: 'From ingest until a stage was done with an event, durably.',
    labels: ['stage'],
    readHistograms: ({ measures }) =>
      Object.entries(measures.stages).flatMap(([stage, meter]) => {
        const histogram = meter.histogram();
        return histogram.count > 0 ? [[histogram, stage] as const] : [];
      }),
  },
  {
    kind: 'gauge',
    name: 'millrace_watermark_seconds',
    help: 'Event time up to which a lane is complete.',
    labels: ['lane'],
    read: ({ status: { lanes } }) =>
      lanes.flatMap(({ lane, watermark }) =>
        watermark === null ? [] : [[watermark / MS_PER_SECOND, String(lane)] as const],
      ),
  },
  {
    kind: 'gauge',
    name: 'millrace_open_windows',
    help: 'Windows held in memory.',
    labels: [],
    read: ({ status: { openWindows } }) => [[openWindows]],
  },
  {
    kind: 'counter',
    name: 'millrace_dead_letters_total',
    help: 'Dead letters made since this process started.',
    labels: ['code'],
    read: ({ status: { deadLetters } }) =>
      Object.entries(deadLetters).map(([code, count]) => [count, code] as const),
  },
  {
    kind: 'counter',
    name: 'millrace_repeats_total',
    help: 'Records that came again and were dropped; harmless.',
    labels: [],
    read: ({ status: { repeats } }) => [[repeats]],
  },
  {
    kind: 'counter',
    name: 'millrace_gaps_total',
    help: 'Times that a lane stopped because an event had vanished; anything but 0 is an alarm.',
    labels: [],
    read: ({ status: { gaps } }) => [[gaps]],
  },
  {
    kind: 'counter',
    name: 'millrace_source_events_total',
    help: 'Events that a source has taken since this process started.',
    labels: ['source', 'kind'],
    read: ({ status: { sources } }) => sources.map(({ name, kind, events }) => [events, name, kind] as const),
  },
];

/** `GET /metrics` in the Prometheus text format. */
export function metricsRoute(status: () => Status, measures: Measures): FastifyPluginAsync {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const pipelines = () => status().pipelines.map((each) => [{ pipeline: each.pipeline }, each] as const);
  for (const metric of PIPELINE_METRICS) registerMetric(registry, metric, pipelines);
  for (const metric of METRICS) {
    registerMetric(registry, metric, () =>
      pipelines().map(([common, each]) => [common, { status: each, measures }] as const),
    );
  }
  return routeOf(registry);
}
