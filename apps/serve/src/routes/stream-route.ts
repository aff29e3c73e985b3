import type { Route } from '../route.ts';
import { windowName } from './result-routes.ts';

export const streamRoute: Route = {
  method: 'GET',
  path: '/v1/pipelines/{pipeline}/stream',
  summary: 'Changes as they become durable, as server-sent events',
  description:
    'Events, all with JSON data: `windows`, `alerts`, `deadletters` (arrays of the rows that the lists answer), ' +
    '`removed` (ids of dead letters), `status` (each second) and `missed` (kinds that had more rows than a stream ' +
    'carries: ask for them). Of a window with many updates only the latest is sent. Nothing is sent twice or kept ' +
    'for who reconnects: read the lists after connecting. A reader that does not keep up is cut off.',
  query: { window: { type: 'string', description: "Only this window's results; default: all." } },
  answers: { type: 'string' },
  mediaType: 'text/event-stream',
  problems: { 404: 'No such pipeline or window.', 503: 'Too many streams.' },
  handle(request) {
    const served = request.pipeline();
    const { window } = request.query as { window?: string };
    const name = window === undefined ? null : windowName(served, window);
    request.streams.open(served, name, request.hijack);
    return undefined;
  },
};
