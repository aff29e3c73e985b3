import { PIPELINE_METRICS } from './pipeline-metrics.ts';
import { SERVICE_METRICS } from './service-metrics.ts';

interface Described {
  readonly kind: string;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** The text of docs/metrics.md. */
export function metricsPage(): string {
  return `# Metrics

\`GET /metrics\` of every service, in the Prometheus text format. All have the label \`pipeline\`; times are seconds. The names
stay. Node's own are there too: \`nodejs_eventloop_lag_*_seconds\`, \`nodejs_gc_duration_seconds\`, \`process_*\`. This page is
written by \`npm run -w apps/millrace reference\`.

Counters begin at 0 when a process starts; lags and lanes are those of the lanes that the process has, so that the sum over
all replicas is the pipeline's.

## Of each service

${tableOf(SERVICE_METRICS)}

## Of the whole pipeline: serve, and \`millrace run\`

${tableOf(PIPELINE_METRICS)}

## What to be woken for

| when | what it means |
|---|---|
| \`millrace_audit_balanced == 0\` for a minute | an event is not accounted for |
| \`increase(millrace_gaps_total[10m]) > 0\` | a record vanished from a topic; its lane has stopped |
| \`millrace_lane_stopped > 0\` | a lane waits for a person; \`/readyz\` and the log of that service say what to do |
| \`millrace_ready == 0\` for five minutes | a service does not work; \`/readyz\` says why |
| \`sum by (stage) (millrace_stage_lag)\` grows for ten minutes | the stage is too slow or stands: scale it, or look at \`millrace_call_seconds\` |
`;
}

function tableOf(metrics: readonly Described[]): string {
  const rows = metrics.map(
    ({ name, kind, labels, help }) => `| \`${name}\` | ${kind} | ${labels.join(', ')} | ${help} |`,
  );
  return ['| name | kind | labels | what |', '|---|---|---|---|', ...rows].join('\n');
}
