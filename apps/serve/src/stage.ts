import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { PAGE_HEADERS, pageAssets } from './page.ts';
import { answerProblem, Problem } from './problem.ts';
import { queryCheck } from './query-check.ts';
import type { Route, RouteRequest } from './route.ts';
import { routes } from './routes.ts';
import type { Served, ServedPipeline } from './served.ts';
import { createStreams, type Streams } from './streams.ts';

/**
 * The query API and the page over the results, as a Fastify plugin: the host decides the address and may mount
 * ingest beside it. Routes that the host has already (`/livez`, `/readyz`, `/openapi.json`) stay the host's.
 * Closing the host ends the streams.
 */
export function serve(served: Served): FastifyPluginAsync {
  return async (app) => {
    const streams = createStreams(served);
    app.setErrorHandler(answerProblem);
    app.addHook('preClose', async () => streams.close());
    for (const route of routes) mount(app, route, served, streams);
    mountPage(app);
    app.get('/v1/*', () => {
      throw unknownPath();
    });
  };
}

function mount(app: FastifyInstance, route: Route, served: Served, streams: Streams): void {
  const url = fastifyUrl(route.path);
  if (app.hasRoute({ method: route.method, url })) return;
  const check = queryCheck(route.query ?? {});
  app.route({
    method: route.method,
    url,
    // A HEAD of the stream would hold its connection for nothing.
    exposeHeadRoute: route.method === 'GET' && route.mediaType === undefined,
    handler: async (request, reply) =>
      route.handle({
        served,
        streams,
        path: pathOf(route, request),
        query: check(request.query),
        headers: request.headers,
        pipeline: () => pipelineOf(served, request),
        hijack: () => hijack(reply),
      } satisfies RouteRequest),
  });
}

/** An id may hold slashes, so it is a wildcard: `/deadletters/{id}/replay` becomes `/deadletters/*`. */
function fastifyUrl(path: string): string {
  return path.replace(/\{id\}.*$/, '*').replace(/\{(\w+)\}/g, ':$1');
}

function pathOf({ path }: Route, { params }: FastifyRequest): Record<string, string> {
  const { '*': rest, ...named } = params as Record<string, string>;
  if (rest === undefined) return named;
  const suffix = path.slice(path.indexOf('{id}') + '{id}'.length);
  if (!rest.endsWith(suffix) || rest.length === suffix.length) {
    throw unknownPath();
  }
  return { ...named, id: rest.slice(0, rest.length - suffix.length) };
}

function unknownPath(): Problem {
  const hint = 'See /openapi.json for what there is.';
  return new Problem(404, 'unknown_path', 'There is nothing at this path.', hint);
}

function pipelineOf({ pipelines }: Served, { params }: FastifyRequest): ServedPipeline {
  const name = (params as { pipeline: string }).pipeline;
  const found = pipelines.find(({ plan }) => plan.pipeline === name);
  if (found) return found;
  const names = pipelines.map(({ plan }) => plan.pipeline).join(', ');
  const hint = names === '' ? 'None is served here.' : `Served here: ${names}.`;
  throw new Problem(404, 'unknown_pipeline', `There is no pipeline ${JSON.stringify(name)} here.`, hint);
}

function hijack(reply: FastifyReply) {
  reply.hijack();
  return reply.raw;
}

function mountPage(app: FastifyInstance): void {
  for (const { url, contentType, body, etag } of pageAssets()) {
    app.get(url, (request, reply) => {
      reply.headers({ ...PAGE_HEADERS, etag });
      if (request.headers['if-none-match'] === etag) return reply.status(304).send();
      return reply.type(contentType).send(body);
    });
  }
}
