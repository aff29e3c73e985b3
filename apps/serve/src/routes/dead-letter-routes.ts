import { Problem } from '../problem.ts';
import { paging, timeRange } from '../query-check.ts';
import type { Route, RouteRequest } from '../route.ts';
import {
  deadLetterDetailSchema,
  deadLetterJson,
  deadLetterSchema,
  object,
  pageSchema,
  payloadJson,
} from '../rows.ts';
import { timeQuery } from './result-routes.ts';

const DEAD_LETTERS = '/v1/pipelines/{pipeline}/deadletters';
const NOT_THERE = { 404: 'No such pipeline or dead letter.' };
const CHANGES = { ...NOT_THERE, 403: "Asked for by another site's page." };

export const deadLetterRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: DEAD_LETTERS,
    summary: 'Dead letters, newest first, without their payloads',
    query: { ...timeRange, ...paging },
    answers: pageSchema(deadLetterSchema),
    problems: { 404: 'No such pipeline.' },
    async handle(request) {
      const served = request.pipeline();
      const page = await served.results.deadLetters(timeQuery(request, served));
      return { rows: page.rows.map(deadLetterJson), next: page.next };
    },
  },
  {
    method: 'GET',
    path: `${DEAD_LETTERS}/{id}`,
    summary: 'One dead letter with its payload',
    answers: deadLetterDetailSchema,
    problems: NOT_THERE,
    async handle(request) {
      const served = request.pipeline();
      const id = request.path.id!;
      const row = await served.results.deadLetter(served.plan.pipeline, id);
      if (!row) throw unknownDeadLetter(id);
      return { ...deadLetterJson(row), payload: payloadJson(row.payload) };
    },
  },
  {
    method: 'POST',
    path: `${DEAD_LETTERS}/{id}/replay`,
    summary: 'Puts a dead letter back into the pipeline, at the stage that refused it',
    answers: object({ id: { type: 'string' }, replayed: { const: true } }),
    problems: CHANGES,
    async handle(request) {
      const id = await change(request, (served) => served.replay(request.path.id!));
      return { id, replayed: true };
    },
  },
  {
    method: 'DELETE',
    path: `${DEAD_LETTERS}/{id}`,
    summary: 'Discards a dead letter',
    answers: object({ id: { type: 'string' }, discarded: { const: true } }),
    problems: CHANGES,
    async handle(request) {
      const id = await change(request, (served) => served.discard(request.path.id!));
      return { id, discarded: true };
    },
  },
];

async function change(
  request: RouteRequest,
  apply: (served: ReturnType<RouteRequest['pipeline']>) => Promise<boolean>,
): Promise<string> {
  refuseOtherSites(request);
  const id = request.path.id!;
  if (!(await apply(request.pipeline()))) throw unknownDeadLetter(id);
  return id;
}

/** Serve has no log-in of its own: without this, any page open in the same browser could discard dead letters. */
function refuseOtherSites({ headers }: RouteRequest): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  throw new Problem(
    403,
    'other_site',
    'This was asked for by a page of another site.',
    'Use the page at / or the API.',
  );
}

function unknownDeadLetter(id: string): Problem {
  const message = `There is no dead letter ${JSON.stringify(id.slice(0, 200))}.`;
  return new Problem(
    404,
    'unknown_dead_letter',
    message,
    'It may have been replayed or discarded. List those there are.',
  );
}
