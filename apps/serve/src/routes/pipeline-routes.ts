import { exampleFor } from '../example-for.ts';
import type { Route } from '../route.ts';
import { object } from '../rows.ts';
import type { ServedPipeline } from '../served.ts';
import { statusSchema } from '../status-schema.ts';

const names = { type: 'array', items: { type: 'string' } };

const topologySchema = object({
  pipeline: { type: 'string' },
  lanes: { type: 'integer' },
  stages: {
    type: 'array',
    items: object({ name: { type: 'string' }, reads: names, writes: names, does: names, keeps: names }),
  },
  topics: { type: 'array', items: object({ name: { type: 'string' }, records: names }) },
});

const exampleSchema = object({
  event: { type: 'object', description: 'Fits the Avro schema; its time is now.' },
  send: {
    anyOf: [
      object({
        path: { type: 'string', description: 'Where to POST it.' },
        authorization: { type: 'boolean', description: 'Whether the source wants a token.' },
      }),
      { type: 'null' },
    ],
    description: 'Null: the pipeline has no HTTP source that takes events as they are.',
  },
});

/** What a pipeline is and how it is doing. */
export const pipelineRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/status',
    summary: 'How every pipeline is doing: the audit, rates, latency, lag, watermarks',
    answers: statusSchema,
    handle: ({ served }) => served.status(),
  },
  {
    method: 'GET',
    path: '/v1/pipelines/{pipeline}/topology',
    summary: 'The pipeline as a graph of stages and topics',
    answers: topologySchema,
    problems: { 404: 'No such pipeline.' },
    handle: (request) => request.pipeline().plan.topology,
  },
  {
    method: 'GET',
    path: '/v1/pipelines/{pipeline}/example',
    summary: 'An event that fits the schema, and where to send it',
    answers: exampleSchema,
    problems: { 404: 'No such pipeline.' },
    handle: (request) => {
      const { plan } = request.pipeline();
      return { event: exampleFor(plan.event, request.served.clock.now()), send: whereToSend(plan) };
    },
  },
];

function whereToSend({ pipeline, sources }: ServedPipeline['plan']) {
  const source = sources.find(({ kind, map }) => kind === 'http' && map === null);
  if (!source) return null;
  return {
    path: `/v1/pipelines/${pipeline}/events/${source.name}`,
    authorization: source.config.auth !== undefined && source.config.auth !== null,
  };
}
