import type { Plan } from '@millrace/pipeline/plan';
import {
  FUSED_BATCH_RECORDS_MAX,
  FUSED_COMMITS_IN_FLIGHT_MAX,
  FUSED_READ_RECORDS,
  FUSED_SLICE_RECORDS,
  FUSED_WAIT_MS,
  LANE_SEQ_SPAN,
} from './bounds.ts';
import { deliverAll } from './delivery.ts';
import { type Flow, isEvent } from './flow.ts';
import { FusedLane, FusedMerge } from './fused-lane.ts';
import { traceFused } from './fused-tracing.ts';
import { Gathering } from './fused-transaction.ts';
import type { LaneStages } from './lane-stages.ts';
import { NOT_WAITING, type WindowView } from './made.ts';
import type { Measures } from './measures.ts';
import type { Clock } from './ports/clock.ts';
import type { FusedStore, StateDelta } from './ports/fused.ts';
import { type EventLog, LaneStopped, type LogRecord } from './ports/log.ts';
import type { SavedState } from './ports/state.ts';
import type { Tracer } from './ports/tracer.ts';
import { LaneReleased } from './retrying.ts';
import type { Processor, RouteInput, RouteOutput } from './stage.ts';
import { drainChanges } from './state-changes.ts';

export interface FusedOptions {
  readonly plan: Plan;
  /** Raised by a reset; part of every seq. */
  readonly generation: number;
  readonly log: EventLog;
  readonly store: FusedStore;
  readonly clock: Clock;
  readonly stages: LaneStages;
  readonly measures: Measures;
  /** Absent: no spans are made here; what comes sampled is passed on. */
  readonly tracer?: Tracer;
  /** A record of raw as the stages take it. */
  decodeRaw(record: LogRecord, seq: number): Flow;
  /** Lanes without a saved state are computed anew from where raw begins, also where that is not its first record. */
  readonly rebuild?: boolean;
  /** A sink did not answer and is tried again. */
  onRetry?(error: unknown): void;
}

export interface FusedRun {
  readonly lanes: readonly FusedLane[];
  /** Until `stop`; rejects when the run can't go on (`LaneStopped`, a broken invariant, a full disk). */
  readonly finished: Promise<void>;
  /**
   * Ends after the batch under way, committed; without it where a sink does not answer: the next start does it again.
   */
  stop(): void;
}

/**
 * Runs all stages in one process, fused: one fold per lane over raw, and the merges; states, results, dead letters
 * and positions of a stretch of raw go into one transaction. After a crash it goes on from the last of them.
 * @throws LaneStopped `plan_changed`: the saved state belongs to another plan; `lane_reset`: raw was cut or replaced;
 * `state_lost`: raw's first records are gone, and there is no state of them.
 */
export async function startFused(options: FusedOptions): Promise<FusedRun> {
  const run = new Run(traceFused(options));
  await run.restore();
  run.start();
  return run;
}

class Run implements FusedRun {
  readonly lanes: readonly FusedLane[];
  finished: Promise<void> = Promise.resolve();
  readonly #options: FusedOptions;
  readonly #raw: string;
  readonly #merges: readonly FusedMerge[];
  readonly #route: Processor<RouteInput, RouteOutput>;
  #gathering = new Gathering();
  /** Windows whose every result a route sees. */
  readonly #watched: ReadonlySet<string>;
  /** The others, whose newest result is enough for the commit. */
  readonly #newest: WindowView[] = [];
  #stopping = false;
  #nowMs = 0;
  /** Keys of the lanes and merges that changed since the last commit. */
  readonly #touched = new Set<FusedLane | FusedMerge>();
  readonly #commits: Promise<void>[] = [];
  /** Of the events since the last commit. */
  #ingestTimes: number[] = [];

  constructor(options: FusedOptions) {
    const { plan, stages, measures } = options;
    this.#options = options;
    this.#raw = `${plan.pipeline}.raw`;
    this.#route = stages.route();
    this.#watched = new Set(
      plan.routes.flatMap(({ from }) => (from.topic === 'windows' ? [from.window] : [])),
    );
    const route = (input: RouteInput): void => {
      this.#route.process(input, this.#gathering);
      measures.stages.route.add(this.#nowMs, 1);
    };
    const partial = (from: number, to: number, record: Parameters<FusedMerge['process']>[1]): void => {
      const merge = this.#merges[to]!;
      this.#touched.add(merge);
      merge.process(from, record);
      measures.stages.merge.add(this.#nowMs, 1);
    };
    const window = (seq: number, view: WindowView): void => {
      if (this.#watched.has(view.name)) route({ topic: 'windows', seq, result: view.result() });
      else {
        if (view.waiting === NOT_WAITING) this.#newest.push(view);
        view.waiting = seq;
      }
    };
    const each = Array.from({ length: plan.lanes }, (_, lane) => lane);
    this.lanes = each.map((lane) => new FusedLane(plan, lane, stages, { route, window, partial }, measures));
    this.#merges = each.map(() => new FusedMerge(plan, stages, { route, window }));
  }

  stop(): void {
    this.#stopping = true;
  }

  start(): void {
    this.finished = this.#loop();
  }

  async restore(): Promise<void> {
    const { plan, store, log } = this.#options;
    const saved = await store.load();
    for (const [key, unit] of this.#units()) {
      const state = saved.get(key);
      if (state !== undefined) this.#restoreUnit(unit, state);
    }
    for (const lane of this.lanes) {
      const { start, end } = await log.bounds(this.#raw, lane.lane);
      if (!saved.has(laneKey(plan.pipeline, lane.lane))) {
        if (start > 0 && this.#options.rebuild !== true) throw this.#stateLost(lane.lane, start);
        lane.offset = start;
        lane.settled = lane.unsettled();
      }
      if (lane.offset < start || lane.offset > end) {
        throw new LaneStopped(
          'lane_reset',
          `lane ${lane.lane} of ${this.#raw} was read up to ${lane.offset}, but the log holds ${start} to ${end}: it was cut or replaced. Start over with an empty data folder, or recompute what the log still holds with --rebuild.`,
        );
      }
    }
  }

  #stateLost(lane: number, start: number): LaneStopped {
    return new LaneStopped(
      'state_lost',
      `there is no saved state for lane ${lane}, although ${this.#raw} begins at ${start}: what stood before can't be computed again. Put the data folder back as it was, or accept what is lost and compute what the log still holds with --rebuild.`,
    );
  }

  #restoreUnit(unit: FusedLane | FusedMerge, state: SavedState): void {
    const { plan } = this.#options;
    const hash = unit.restore(state);
    if (hash === plan.hash) return;
    throw new LaneStopped(
      'plan_changed',
      `the data folder was written by another version of pipeline "${plan.pipeline}". Recompute everything from the raw log with --rebuild, or start with an empty data folder (--data).`,
    );
  }

  *#units(): Iterable<readonly [string, FusedLane | FusedMerge]> {
    const { pipeline } = this.#options.plan;
    for (const lane of this.lanes) yield [laneKey(pipeline, lane.lane), lane];
    for (const [q, merge] of this.#merges.entries()) yield [`${pipeline}/merge/${q}`, merge];
  }

  async #loop(): Promise<void> {
    const { store } = this.#options;
    const perLane = Math.max(1, Math.floor(FUSED_BATCH_RECORDS_MAX / this.lanes.length));
    while (!this.#stopping) {
      let took = 0;
      for (const lane of this.lanes) took += await this.#takeUpTo(perLane, lane);
      if (took > 0) {
        if (!(await this.#committed())) break;
      } else {
        await Promise.all(this.#commits.splice(0));
        await store.grown(this.#raw, FUSED_WAIT_MS);
      }
    }
    await Promise.all(this.#commits.splice(0));
  }

  /** A little at a time, since what is read lives until it has been through. */
  async #takeUpTo(most: number, lane: FusedLane): Promise<number> {
    let took = 0;
    while (took < most) {
      const wanted = Math.min(FUSED_READ_RECORDS, most - took);
      const got = await this.#take(lane, wanted);
      took += got;
      if (got < wanted) break;
    }
    return took;
  }

  /** False: stopped before every sink had what is to be committed. */
  async #committed(): Promise<boolean> {
    try {
      await this.#commit();
      return true;
    } catch (error) {
      if (error instanceof LaneReleased) return false;
      throw error;
    }
  }

  async #take(lane: FusedLane, maxRecords: number): Promise<number> {
    const { log, clock, generation, decodeRaw } = this.#options;
    const batch = await log.read(this.#raw, lane.lane, lane.offset, maxRecords);
    if (batch.records.length === 0) return 0;
    if (batch.base !== lane.offset) {
      throw new LaneStopped(
        'lane_gap',
        `lane ${lane.lane} of ${this.#raw}: offset ${lane.offset} was expected and ${batch.base} came`,
      );
    }
    this.#nowMs = clock.now();
    const { records } = batch;
    const first = generation * LANE_SEQ_SPAN + batch.base;
    this.#touched.add(lane);
    // Slice by slice, so that what a record is turned into dies young: it is most of what is allocated.
    for (let from = 0; from < records.length; from += FUSED_SLICE_RECORDS) {
      const flows: Flow[] = [];
      for (let i = from; i < Math.min(from + FUSED_SLICE_RECORDS, records.length); i++) {
        const flow = decodeRaw(records[i]!, first + i);
        if (isEvent(flow)) this.#ingestTimes.push(flow.ingestTime);
        flows.push(flow);
      }
      this.#gathering.timestampMs = flows.at(-1)!.ingestTime;
      await lane.process(flows, this.#nowMs);
    }
    return records.length;
  }

  async #commit(): Promise<void> {
    const { store, stages, measures, clock } = this.#options;
    const gathering = this.#gathering;
    for (const lane of this.lanes) lane.sendPartials();
    for (const view of this.#newest) {
      this.#route.process({ topic: 'windows', seq: view.waiting, result: view.result() }, gathering.distinct);
      view.waiting = NOT_WAITING;
    }
    this.#newest.length = 0;
    const pending = deliverAll(
      { ...this.#options, sinks: stages.sinks, isOver: () => this.#stopping },
      gathering,
    );
    if (pending !== null) await pending;
    const states = new Map<string, StateDelta>();
    for (const [key, unit] of this.#units()) {
      if (!this.#touched.has(unit)) continue;
      const changes = unit.state === undefined ? { puts: new Map(), deletes: [] } : drainChanges(unit.state);
      states.set(key, { head: unit.head(), ...changes });
    }
    this.#touched.clear();
    this.#gathering = new Gathering();
    const transaction = gathering.transaction(states);
    for (const row of transaction.rows) {
      if (row.table === 'deadletters')
        measures.deadLetters.set(row.code, (measures.deadLetters.get(row.code) ?? 0) + 1);
    }
    const ingestTimes = this.#ingestTimes;
    this.#ingestTimes = [];
    const settling = this.lanes.map((lane) => [lane, lane.unsettled()] as const);
    const committed = store.commit(transaction).then(() => {
      for (const [lane, settled] of settling) lane.settled = settled;
      const now = clock.now();
      for (const ingestTime of ingestTimes) measures.stages.route.latency(now, now - ingestTime);
    });
    // Reported where it is awaited; until then a failure must not end the process without a message.
    committed.catch(() => {});
    this.#commits.push(committed);
    if (this.#commits.length >= FUSED_COMMITS_IN_FLIGHT_MAX) await this.#commits.shift();
  }
}

function laneKey(pipeline: string, lane: number): string {
  return `${pipeline}/lane/${lane}`;
}
