import { configurationSchema } from '@millrace/service/configuration/pages';
import { DEFAULT_PORTS } from '@millrace/service/configuration/settings';
import { chartValues, type Value } from './values.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Settings that the chart makes itself, from names of Secrets and from where it mounts things. */
const OWN_SETTINGS =
  /^(pipeline|instance|host|port)$|_(username|password|password_file|tls_ca|tls_cert|tls_key)$/;
const count: Schema = { type: 'integer', minimum: 0 };
const quantities: Schema = { type: 'object', additionalProperties: { type: ['string', 'number'] } };
const objects: Schema = { type: 'array', items: { type: 'object' } };
const texts: Schema = { type: 'array', items: { type: 'string' } };
const labels: Schema = { type: 'object', additionalProperties: { type: 'string' } };

/** What can't be seen from the value that stands there; by path. */
const SPECIAL: Readonly<Record<string, Schema>> = {
  configuration: settings(),
  'image.pullPolicy': { enum: ['Always', 'IfNotPresent', 'Never'] },
  'image.pullSecrets': texts,
  'defaults.resources.requests': quantities,
  'defaults.resources.limits': quantities,
  'defaults.scaling.kind': { enum: ['none', 'cpu', 'lag'] },
  'defaults.scaling.min': { type: 'integer', minimum: 1 },
  'defaults.maxUnavailable': {
    anyOf: [
      { type: 'integer', minimum: 1 },
      { type: 'string', pattern: '^\\d+%$' },
    ],
  },
  'defaults.spread.topologyKeys': texts,
  'defaults.spread.whenUnsatisfiable': { enum: ['ScheduleAnyway', 'DoNotSchedule'] },
  'defaults.configuration': settings(),
  'defaults.env': objects,
  'defaults.volumes': objects,
  'defaults.volumeMounts': objects,
  'defaults.egress': objects,
  'defaults.digest': { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
  'defaults.podLabels': labels,
  'defaults.podAnnotations': labels,
  'defaults.serviceAccountAnnotations': labels,
  'defaults.nodeSelector': labels,
  'defaults.tolerations': objects,
  stages: stages(),
  // `--set stopped={}` is a list of one empty text.
  stopped: { type: 'array', items: { enum: [...Object.keys(DEFAULT_PORTS), ''] } },
  'network.ingest': objects,
  'network.serve': objects,
  'network.metrics': objects,
  'network.dns': objects,
  'expose.kind': { enum: ['none', 'ingress', 'gateway'] },
  'expose.ingress.annotations': labels,
  'expose.gateway.parents': objects,
  'provision.resources.requests': quantities,
  'provision.resources.limits': quantities,
  'monitoring.labels': labels,
  'monitoring.dashboardLabels': labels,
  labels,
};

/** Mappings that are written in one line: their keys are in the schema as well. */
const INLINE: Readonly<Record<string, Schema>> = {
  'network.servers': {
    to: objects,
    ports: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 65_535 } },
  },
  expose: { host: { type: 'string' }, tlsSecret: { type: 'string' } },
};

/** The JSON Schema of the chart's values: of draft 7, which every Helm understands. */
export function valuesSchema(): object {
  const values = chartValues();
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the chart millrace',
    definitions: { stage: schemaOf(values.find(({ key }) => key === 'defaults')!) },
    type: 'object',
    additionalProperties: false,
    properties: {
      // Helm gives it to a chart that is part of another.
      global: { type: 'object' },
      ...Object.fromEntries(
        values.map((value) => [
          value.key,
          value.key === 'defaults' ? { $ref: '#/definitions/stage' } : schemaOf(value),
        ]),
      ),
    },
  };
}

function schemaOf(value: Value): Schema {
  const { path, comment, below } = value;
  return { ...(comment !== '' && { description: comment }), ...(SPECIAL[path] ?? plain(value, below)) };
}

function plain({ path, standard }: Value, below: readonly Value[]): Schema {
  if (below.length > 0) return mapping(Object.fromEntries(below.map((each) => [each.key, schemaOf(each)])));
  const inline = INLINE[path.slice(0, path.lastIndexOf('.'))];
  if (inline !== undefined && typeof standard === 'object') return mapping(inline);
  if (typeof standard === 'number') return count;
  if (typeof standard === 'boolean' || typeof standard === 'string') return { type: typeof standard };
  throw new TypeError(`values.yaml: ${path} wants a line in SPECIAL: what may be in it?`);
}

function mapping(properties: Schema): Schema {
  return { type: 'object', additionalProperties: false, properties };
}

function settings(): Schema {
  const { properties } = configurationSchema() as { readonly properties: Schema };
  return mapping(Object.fromEntries(Object.entries(properties).filter(([name]) => !OWN_SETTINGS.test(name))));
}

function stages(): Schema {
  return mapping(
    Object.fromEntries(Object.keys(DEFAULT_PORTS).map((name) => [name, { $ref: '#/definitions/stage' }])),
  );
}
