import { deserialize, serialize } from 'node:v8';
import type { Flow } from '@millrace/lanes/flow';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { StateStore } from '@millrace/lanes/ports/state';
import type { Plan } from '@millrace/pipeline/plan';
import fastify, { type FastifyInstance } from 'fastify';
import type { Bounds } from '../bounds.ts';
import { createIngest, type Ingest } from '../stage.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';
import { createMemoryState } from './memory-state.ts';

/** Ingest on a real port, writing to a log in memory. */
export interface Running {
  readonly ingest: Ingest;
  readonly app: FastifyInstance;
  /** Of the events' route, without a source. */
  readonly url: string;
  readonly memory: MemoryLog;
  readonly state: StateStore;
  readonly failures: Error[];
  /** What is in a lane, or in all of them, ticks left out. */
  flows(lane?: number): Flow[];
  ticks(lane: number): Flow[];
  stop(): Promise<void>;
}

export interface RunningOptions {
  readonly plan: Plan;
  readonly memory?: MemoryLog;
  readonly state?: StateStore;
  readonly bounds?: Partial<Bounds>;
  readonly lag?: () => number;
  readonly secrets?: ReadonlyMap<string, string>;
}

/** Its timers don't keep a test's process alive. */
const clock: Clock = {
  now: Date.now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
};
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

export async function startIngest(options: RunningOptions): Promise<Running> {
  const { plan } = options;
  const memory = options.memory ?? createMemoryLog();
  const state = options.state ?? createMemoryState();
  const failures: Error[] = [];
  const ingest = createIngest({
    plan,
    log: memory.log,
    state,
    encodeRaw: (flow) =>
      serialize({ ...flow, payload: flow.payload === null ? null : Buffer.from(flow.payload) }),
    secrets: options.secrets ?? new Map(),
    logger: quiet,
    clock,
    onFailed: (error) => failures.push(error),
    bounds: { tickMs: 20, ...options.bounds },
    ...(options.lag ? { lag: options.lag } : {}),
  });
  await ingest.start();
  const app = fastify();
  await app.register(ingest.routes);
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const inLane = (lane: number) => memory.lane(lane).map(({ value }) => deserialize(value) as Flow);
  return {
    ingest,
    app,
    url: `${address}/v1/pipelines/${plan.pipeline}/events`,
    memory,
    state,
    failures,
    flows: (lane) =>
      (lane === undefined ? Array.from({ length: plan.lanes }, (_, number) => number) : [lane])
        .flatMap(inLane)
        .filter(({ kind }) => kind !== 'tick'),
    ticks: (lane) => inLane(lane).filter(({ kind }) => kind === 'tick'),
    async stop() {
      await app.close();
      await ingest.drain();
    },
  };
}

/** Polls until it holds; fails after a while with what it was. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
