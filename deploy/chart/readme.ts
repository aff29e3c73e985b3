import { chartValues, type Value } from './values.ts';

/** Longer defaults are better read in the file. */
const STANDARD_LENGTH_MAX = 60;

/** The text of the chart's README: its values are those of values.yaml, with the comments there. */
export function readme(): string {
  const sections = chartValues().map(sectionOf).join('\n');
  return `# millrace

A pipeline on Kubernetes: ingest, validate, enrich, aggregate, route and serve, each scaled by itself. Kafka, the schema
registry, Redis and Cassandra are outside; [docs/deploy.md](../../../docs/deploy.md) goes from an empty cluster to a trace.

\`\`\`sh
millrace bundle pipeline.yaml > bundle.yaml
helm install payments deploy/helm/millrace --values my-values.yaml --set-file pipeline=bundle.yaml
helm test payments
\`\`\`

One release is one pipeline. \`values-laptop.yaml\` brings small servers for trying, \`values-staging.yaml\` and
\`values-production.yaml\` show servers outside with TLS and passwords. [values.schema.json](values.schema.json) says what each
value may be; Helm refuses others. The chart, too, refuses what could not work: more replicas than lanes, or servers
without an address.

| what | how |
|---|---|
| names | RELEASE-STAGE, always: autoscalers and dashboards keep hold |
| pods | Pod Security "restricted", root file system read-only, \`/tmp\` in memory of the node's disk, no token of Kubernetes |
| end of a pod | SIGTERM (ingest and serve: 5 s after no Service names it any more), then \`configuration.drain\`; the grace period is 10 s longer |
| secrets | existing Secrets, mounted as files; after a change: \`kubectl rollout restart\` |
| another image or setting | other pods, one after the other; settings by their checksum |
| another document | first \`--reuse-values --set stopped={ingest}\` until \`millrace status\` shows no lag, then \`stopped={ingest,validate,enrich,aggregate,route,serve}\`; then the new document with \`stopped={ingest}\` until all is ready, and at last \`stopped={}\` |
| needs | Kubernetes 1.30; for \`scaling.kind: lag\` KEDA, for \`monitoring\` the Prometheus operator, for \`expose.kind: gateway\` the Gateway API |

What is below is written from \`values.yaml\` by \`npm run -w deploy chart\`.

## Values

${sections}`;
}

function sectionOf(value: Value): string {
  const rows = value.below.length === 0 ? [rowOf(value)] : leavesOf(value.below).map(rowOf);
  const said = value.below.length === 0 ? '' : `${value.comment}\n\n`;
  return `### ${value.key}\n\n${said}| key | default | what |\n|---|---|---|\n${rows.join('\n')}\n`.replaceAll(
    '\n\n\n',
    '\n\n',
  );
}

/** A mapping with something said about it has a row, too. */
function leavesOf(values: readonly Value[]): readonly Value[] {
  return values.flatMap((value) => {
    if (value.below.length === 0) return [value];
    return [...(value.comment === '' ? [] : [{ ...value, standard: undefined }]), ...leavesOf(value.below)];
  });
}

function rowOf({ path, standard, comment }: Value): string {
  return `| \`${path}\` | ${standardText(standard)} | ${comment.replaceAll('|', '\\|')} |`;
}

function standardText(standard: unknown): string {
  if (standard === undefined || standard === '') return '';
  const text = typeof standard === 'string' ? standard : JSON.stringify(standard);
  return text.length > STANDARD_LENGTH_MAX ? 'see values.yaml' : `\`${text}\``;
}
