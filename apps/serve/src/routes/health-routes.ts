import { Problem } from '../problem.ts';
import type { Route } from '../route.ts';
import { object } from '../rows.ts';

const answers = object({ status: { const: 'ok' } });

export const healthRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/livez',
    summary: 'Whether the process answers; restart it when it does not',
    answers,
    handle: () => ({ status: 'ok' }),
  },
  {
    method: 'GET',
    path: '/readyz',
    summary: 'Whether requests may be sent here',
    answers,
    problems: { 503: 'Not yet, or not any more.' },
    handle({ served }) {
      const waitingFor = served.waitingFor?.() ?? null;
      if (waitingFor === null) return { status: 'ok' };
      throw new Problem(503, 'not_ready', `Waiting for ${waitingFor}.`, 'Ask again in a second.');
    },
  },
];
