import type { TimeQuery } from '@millrace/lanes/ports/results';
import { Problem } from '../problem.ts';
import { paging, timeRange } from '../query-check.ts';
import type { Route, RouteRequest } from '../route.ts';
import {
  alertJson,
  alertSchema,
  eventJson,
  eventSchema,
  object,
  pageSchema,
  windowJson,
  windowSchema,
} from '../rows.ts';
import type { ServedPipeline } from '../served.ts';

const IN_PIPELINE = '/v1/pipelines/{pipeline}';

export const resultRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${IN_PIPELINE}/windows`,
    summary: 'The windows of the pipeline and what they compute',
    answers: object({
      windows: {
        type: 'array',
        items: object({
          name: { type: 'string' },
          kind: { type: 'string' },
          longestMs: { type: 'integer', description: 'The longest that one spans.' },
          latenessMs: { type: 'integer' },
          emit: { enum: ['close', 'updates'] },
          values: {
            type: 'array',
            items: object({ name: { type: 'string' }, aggregate: { type: 'string' } }),
          },
        }),
      },
    }),
    handle: (request) => ({ windows: request.pipeline().plan.windows.map(describeWindow) }),
  },
  {
    method: 'GET',
    path: `${IN_PIPELINE}/windows/{name}`,
    summary: 'Results of a window, live and final ones, by start and group',
    query: {
      group: { type: 'string', description: 'Only this group.' },
      ...timeRange,
      order: { enum: ['oldest', 'newest'], default: 'oldest', description: 'Which start comes first.' },
      ...paging,
    },
    answers: pageSchema(windowSchema),
    problems: { 404: 'No such pipeline or window.' },
    async handle(request) {
      const served = request.pipeline();
      const name = windowName(served, request.path.name!);
      const { group, order } = request.query as { group?: string; order: string };
      const query = {
        ...timeQuery(request, served),
        name,
        newest: order === 'newest',
        ...(group === undefined ? {} : { group }),
      };
      const page = await served.results.windows(query);
      return { rows: page.rows.map(windowJson), next: page.next };
    },
  },
  {
    method: 'GET',
    path: `${IN_PIPELINE}/alerts`,
    summary: 'Alerts, newest first',
    query: { ...timeRange, ...paging },
    answers: pageSchema(alertSchema),
    problems: { 404: 'No such pipeline.' },
    async handle(request) {
      const served = request.pipeline();
      const page = await served.results.alerts(timeQuery(request, served));
      return { rows: page.rows.map(alertJson), next: page.next };
    },
  },
  {
    method: 'GET',
    path: `${IN_PIPELINE}/events`,
    summary: 'Events that a route stored, newest first',
    query: { key: { type: 'string', description: 'Only those of this key.' }, ...timeRange, ...paging },
    answers: pageSchema(eventSchema),
    problems: { 404: 'No such pipeline.' },
    async handle(request) {
      const served = request.pipeline();
      const { key } = request.query as { key?: string };
      const query = { ...timeQuery(request, served), ...(key === undefined ? {} : { key }) };
      const page = await served.results.events(query);
      return { rows: page.rows.map(eventJson), next: page.next };
    },
  },
];

export function timeQuery({ query }: RouteRequest, served: ServedPipeline): TimeQuery {
  const { from, to, limit, after } = query as { from?: number; to?: number; limit: number; after?: string };
  return {
    pipeline: served.plan.pipeline,
    limit,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(after === undefined ? {} : { after }),
  };
}

/** Throws a 404 that names those there are. */
export function windowName({ plan }: ServedPipeline, name: string): string {
  if (plan.windows.some((window) => window.name === name)) return name;
  const names = plan.windows.map((window) => window.name);
  const hint = names.length > 0 ? `It has ${names.join(', ')}.` : 'It has none: add some under `aggregate`.';
  throw new Problem(
    404,
    'unknown_window',
    `Pipeline ${plan.pipeline} has no window ${JSON.stringify(name)}.`,
    hint,
  );
}

function describeWindow({
  name,
  window,
  latenessMs,
  emit,
  compute,
}: ServedPipeline['plan']['windows'][number]) {
  return {
    name,
    kind: window.kind,
    longestMs: window.longestMs,
    latenessMs,
    emit,
    values: compute.map((computed) => ({ name: computed.name, aggregate: computed.aggregate.name })),
  };
}
