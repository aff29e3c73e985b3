import { expect, test } from '@jest/globals';
import { planOf } from '@millrace/testkit/plans';
import { createFlow, type Flow, reject } from './flow.ts';
import { type Hops, outcomeOf } from './hops.ts';
import { createLaneWorker } from './lane-worker.ts';
import { AppendError, type LogRecord } from './ports/log.ts';
import type { Tracer } from './ports/tracer.ts';
import type { TraceContext } from './trace-context.ts';
import type { WorkerOptions } from './worker-options.ts';

const ARRIVED: TraceContext = {
  parent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  state: '',
};
const record: LogRecord = { value: new Uint8Array(1), timestampMs: 0 };

/** What became of each span, in words. */
function recordingTracer(): Tracer & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    active: true,
    systems: { log: 'kafka', results: 'cassandra' },
    sampled: () => false,
    start({ name }, { parent }) {
      const me = `${name} after ${parent === ARRIVED.parent ? 'what arrived' : parent}`;
      return {
        parent: name,
        state: '',
        set: (attributes) => lines.push(`${name}: ${JSON.stringify(attributes)}`),
        fail: (message) => lines.push(`${name} failed: ${message}`),
        end: () => lines.push(`${me} ended`),
      };
    },
    lines,
  };
}

/** A lane whose unit reads one sampled record a batch and sends one on; `take` may refuse it. */
function openLane(tracer: Tracer, refusals: number, take: () => void = () => {}) {
  const told: unknown[] = [];
  let left = refusals;
  let hops: Hops | null = null;
  const options = {
    plan: planOf(),
    clock: { now: () => 0, sleep: async () => {} },
    log: {
      async append() {
        if (left-- > 0) throw new AppendError('no answer');
        return 0;
      },
    },
    tracer,
    onRetry: (_stage: string, _lane: number, _error: unknown, trace: unknown) => told.push(trace),
  } as unknown as WorkerOptions;
  const reader = createLaneWorker(options, 'validate', 0, async (life) => {
    hops = life.hops;
    return {
      from: 0,
      topic: 'payments.raw',
      async take() {
        life.hops.read(ARRIVED, { topic: 'payments.raw', group: 'payments.validate' }, 0);
        take();
        life.outbox.add('payments.validated', 0, record);
      },
      commit: async () => {},
    };
  });
  return { reader, told, hops: () => hops };
}

test('a span lasts until what its record caused is acknowledged; retries meanwhile are told with it', async () => {
  const tracer = recordingTracer();
  const { reader, told } = openLane(tracer, 2);
  await (await reader).batch({ base: 0, records: [record], end: 1 });
  expect(told).toEqual([
    expect.objectContaining({ parent: 'process payments.raw' }),
    expect.objectContaining({ parent: 'process payments.raw' }),
  ]);
  expect(tracer.lines).toEqual(['process payments.raw after what arrived ended']);
});

test('the spans of a batch that fails say so and end', async () => {
  const tracer = recordingTracer();
  const { reader, hops } = openLane(tracer, 0, () => {
    throw new Error('the table is gone');
  });
  const opened = await reader;
  await expect(opened.batch({ base: 0, records: [record], end: 1 })).rejects.toThrow('the table is gone');
  expect(tracer.lines).toEqual([
    'process payments.raw: {"millrace.outcome":"tried_again"}',
    'process payments.raw failed: the table is gone',
    'process payments.raw after what arrived ended',
  ]);
  expect(hops()!.any()).toBeNull();
});

test.each<[string, string, boolean, (flow: Flow) => unknown]>([
  ['forwarded', 'validate', true, (flow) => flow],
  ['dropped', 'validate', false, (flow) => flow],
  ['rejected', 'validate', true, (flow) => reject(flow, 'validate', 'bad_time', '')],
  ['passed_on', 'enrich', true, (flow) => reject(flow, 'validate', 'bad_time', '')],
  ['processed', 'aggregate', true, (flow) => flow],
  ['duplicate', 'aggregate', false, (flow) => flow],
  ['rejected', 'aggregate', true, (flow) => reject(flow, 'validate', 'bad_time', '')],
  ['late', 'aggregate', true, (flow) => Object.assign(flow, { late: true })],
  ['routed', 'route', true, (flow) => flow],
])('%s in %s', (outcome, stage, forwarded, prepare) => {
  const flow = createFlow('event');
  prepare(flow);
  expect(outcomeOf(flow, stage, forwarded)).toBe(outcome);
});
