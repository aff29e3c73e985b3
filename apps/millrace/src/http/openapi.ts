import { ingestOpenApi } from '@millrace/ingest/openapi';
import { serveOpenApi } from '@millrace/serve/routes';
import type { FastifyPluginAsync } from 'fastify';
import { version } from '../version.ts';

const text = { type: 'string' };

/** What this program adds to the routes of ingest and serve. */
const ownPaths = {
  '/metrics': {
    get: {
      operationId: 'get_metrics',
      summary: 'Rates, lag, latency and the audit in the Prometheus text format',
      responses: { 200: { description: 'OK', content: { 'text/plain': { schema: text } } } },
    },
  },
  '/v1/pipelines/{pipeline}/topics/{topic}': {
    get: {
      operationId: 'get_pipelines_topics_topic',
      summary: "A topic's records as JSON lines, for `millrace tail`",
      parameters: [
        ...['pipeline', 'topic'].map((name) => ({ name, in: 'path', required: true, schema: text })),
        {
          name: 'from',
          in: 'query',
          description: 'start: what is there; end: what comes, until the reader leaves.',
          schema: { enum: ['start', 'end'], default: 'end' },
        },
        {
          name: 'ticks',
          in: 'query',
          description: 'Records that only tell the time, too.',
          schema: { type: 'boolean', default: false },
        },
        {
          name: 'limit',
          in: 'query',
          description: 'How many at most.',
          schema: { type: 'integer', minimum: 1 },
        },
      ],
      responses: { 200: { description: 'OK', content: { 'application/x-ndjson': { schema: text } } } },
    },
  },
};

/** Everything that the port answers. */
export const openApi = {
  openapi: '3.1.0',
  info: { title: 'Millrace', version, description: 'Sends events into a pipeline, and reads its results.' },
  paths: { ...ingestOpenApi.paths, ...serveOpenApi.paths, ...ownPaths },
  components: {
    ...ingestOpenApi.components,
    schemas: { ...schemasOf(ingestOpenApi.components), ...schemasOf(serveOpenApi.components) },
  },
};

function schemasOf({ schemas }: { readonly schemas?: unknown }): object {
  return schemas as object;
}

export const openApiRoute: FastifyPluginAsync = async (app) => {
  app.get('/openapi.json', () => openApi);
};
