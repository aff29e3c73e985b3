import { type OpenApi, openApi } from './openapi.ts';
import type { Route } from './route.ts';
import { deadLetterRoutes } from './routes/dead-letter-routes.ts';
import { healthRoutes } from './routes/health-routes.ts';
import { pipelineRoutes } from './routes/pipeline-routes.ts';
import { resultRoutes } from './routes/result-routes.ts';
import { streamRoute } from './routes/stream-route.ts';
import { object } from './rows.ts';

const documentRoute: Route = {
  method: 'GET',
  path: '/openapi.json',
  summary: 'This document',
  answers: object({ openapi: { type: 'string' }, info: { type: 'object' }, paths: { type: 'object' } }),
  handle: () => serveOpenApi,
};

/** Every operation of serve. */
export const routes: readonly Route[] = [
  ...pipelineRoutes,
  ...resultRoutes,
  streamRoute,
  ...deadLetterRoutes,
  ...healthRoutes,
  documentRoute,
];

/** For a host that answers one document for all that it mounts. */
export const serveOpenApi: OpenApi = openApi(routes);
