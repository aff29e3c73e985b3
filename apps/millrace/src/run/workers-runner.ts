import { type Counts, zeroCounts } from '@millrace/lanes/audit';
import { NO_TIME } from '@millrace/lanes/flow';
import type { LaneSnapshot } from '@millrace/lanes/pipeline-status';
import { LaneStopped } from '@millrace/lanes/ports/log';
import type { LaneStatus } from '@millrace/lanes/status';
import type { LaneStanding, WorkerOptions } from '@millrace/lanes/worker-options';
import { startWorkers, type WorkerStage } from '@millrace/lanes/workers';
import type { AcceptedEvents } from './accepted.ts';
import type { Runner } from './runner.ts';

/** Each stage and what it reads, in the order of the data. */
const READS: readonly (readonly [stage: WorkerStage, topics: readonly string[]])[] = [
  ['validate', ['raw']],
  ['enrich', ['validated']],
  ['aggregate', ['enriched']],
  ['merge', ['partials']],
  ['route', ['aggregated', 'windows', 'alerts']],
];

/** The stages one by one, each with topics of its own: every record between them can be read. */
export async function startWorkersRunner(
  options: Omit<WorkerOptions, 'onSaved'>,
  accepted: AcceptedEvents,
): Promise<Runner> {
  const { plan } = options;
  const standings = new Standings(plan.pipeline, plan.lanes, accepted);
  for (const [, topics] of READS) {
    for (const topic of topics) await accepted.learnEnds(`${plan.pipeline}.${topic}`);
  }
  const finished = Promise.withResolvers<void>();
  const consumer = await startWorkers(
    { ...options, onSaved: (standing) => standings.note(standing) },
    READS.map(([stage]) => stage),
    (_stage, lane, error) => {
      standings.stopped(lane, error);
      finished.reject(error);
    },
  );
  finished.promise.catch(() => {});
  try {
    await Promise.race([standings.complete, finished.promise]);
    for (let lane = 0; lane < plan.lanes; lane++) await standings.recount(lane);
  } catch (error) {
    await consumer.close();
    throw error;
  }
  return {
    finished: finished.promise,
    lanes: () => standings.lanes(),
    lags: () => standings.lags(),
    async stop() {
      await consumer.close();
      finished.resolve();
    },
  };
}

/** Where every lane of every stage stands. */
class Standings {
  /** Every lane has been taken over by every stage. */
  readonly complete: Promise<void>;
  readonly #completed = Promise.withResolvers<void>();
  readonly #pipeline: string;
  readonly #lanes: number;
  readonly #accepted: AcceptedEvents;
  readonly #byTopic = new Map<string, LaneStanding>();
  readonly #stopped = new Map<number, LaneStatus['stopped']>();

  constructor(pipeline: string, lanes: number, accepted: AcceptedEvents) {
    this.#pipeline = pipeline;
    this.#lanes = lanes;
    this.#accepted = accepted;
    this.complete = this.#completed.promise;
  }

  note(standing: LaneStanding): void {
    this.#byTopic.set(`${standing.lane}/${standing.topic}`, standing);
    const topics = READS.reduce((sum, [, read]) => sum + read.length, 0);
    if (this.#byTopic.size === topics * this.#lanes) this.#completed.resolve();
  }

  stopped(lane: number, error: Error): void {
    const code = error instanceof LaneStopped ? error.code : 'failed';
    this.#stopped.set(lane, { code, message: error.message });
  }

  recount(lane: number): Promise<void> {
    const standing = this.#of('raw', lane);
    return this.#accepted.recount(lane, standing?.offset ?? 0, standing?.counts?.events ?? 0);
  }

  lags(): Record<string, number> {
    const each = Array.from({ length: this.#lanes }, (_, lane) => lane);
    return Object.fromEntries(
      READS.map(([stage, topics]) => [
        stage,
        topics.reduce((sum, topic) => sum + each.reduce((all, lane) => all + this.#lag(topic, lane), 0), 0),
      ]),
    );
  }

  lanes(): LaneSnapshot[] {
    return Array.from({ length: this.#lanes }, (_, lane) => {
      const { view } = this.#of('enriched', lane) ?? { view: null };
      return {
        lane,
        counts: this.#counts(lane),
        accepted: this.#accepted.events(lane),
        lag: this.#lag('raw', lane) + this.#lag('validated', lane) + this.#lag('enriched', lane),
        watermark: view?.time.watermark ?? NO_TIME,
        openWindows: view?.openWindows() ?? 0,
        stopped: this.#stopped.get(lane) ?? null,
      };
    });
  }

  /** Only validate knows what it dropped, only aggregate the rest; what is between them is in flight. */
  #counts(lane: number): Counts {
    const dropped = this.#of('raw', lane)?.counts?.dropped ?? 0;
    const counts = this.#of('enriched', lane)?.counts ?? zeroCounts();
    return { ...counts, dropped, events: counts.events + dropped };
  }

  #lag(topic: string, lane: number): number {
    const end = this.#accepted.end(`${this.#pipeline}.${topic}`, lane);
    return Math.max(0, end - (this.#of(topic, lane)?.offset ?? 0));
  }

  #of(topic: string, lane: number): LaneStanding | undefined {
    return this.#byTopic.get(`${lane}/${this.#pipeline}.${topic}`);
  }
}
