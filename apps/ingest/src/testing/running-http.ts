import type { Flow } from '@millrace/lanes/flow';
import type { EventPlan, SourcePlan } from '@millrace/pipeline/plan';
import { eventPlanOf, planOf, sourceOf } from '@millrace/testkit/plans';
import { type Running, type RunningOptions, startIngest } from './running.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer of any shape is looked into field by field
  readonly body: any;
}

export interface Setup extends Partial<Omit<RunningOptions, 'plan'>> {
  readonly event?: Partial<EventPlan>;
  readonly sources?: readonly SourcePlan[];
}

/** Payments sent over HTTP: one source `api`, four lanes. */
export interface RunningHttp extends Running {
  post(body: string | Buffer, headers?: Record<string, string>, path?: string): Promise<Answer>;
  events(): Flow[];
}

export async function startHttp({ event, sources, ...options }: Setup = {}): Promise<RunningHttp> {
  const plan = planOf({
    lanes: 4,
    sources: sources ?? [sourceOf('api')],
    event: { ...eventPlanOf(), ...event },
    validate: { clean: [], rules: [], unknownFields: 'reject' },
  });
  const running = await startIngest({ plan, ...options });
  return {
    ...running,
    async post(body, headers = {}, path = '') {
      const answer = await fetch(running.url + path, {
        method: 'POST',
        body: typeof body === 'string' ? body : new Uint8Array(body),
        headers: { 'content-type': 'application/json', ...headers },
      });
      return { status: answer.status, headers: answer.headers, body: await answer.json() };
    },
    events: () => running.flows().filter(({ kind }) => kind === 'event'),
  };
}

export const payment = (id: number, fields: object = {}) => ({
  payment_id: `p${id}`,
  card: `card ${id % 3}`,
  amount: id,
  currency: 'EUR',
  paid_at: '2026-01-01T00:00:00Z',
  ...fields,
});
