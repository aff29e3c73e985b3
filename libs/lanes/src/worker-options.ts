import type { Plan } from '@millrace/pipeline/plan';
import type { Counts } from './audit.ts';
import type { LaneCodec } from './lane-codec.ts';
import type { AggregateView, LaneStages } from './lane-stages.ts';
import type { Measures } from './measures.ts';
import type { Clock } from './ports/clock.ts';
import type { EventLog } from './ports/log.ts';
import type { ResultStore } from './ports/results.ts';
import type { StateStore } from './ports/state.ts';
import type { Tracer } from './ports/tracer.ts';
import type { TraceContext } from './trace-context.ts';

/** What the lanes of a process share. */
export interface WorkerOptions {
  readonly plan: Plan;
  /** Raised by a reset; part of every seq. */
  readonly generation: number;
  readonly log: EventLog;
  readonly state: StateStore;
  readonly results: ResultStore;
  readonly codec: LaneCodec;
  readonly clock: Clock;
  readonly stages: LaneStages;
  readonly measures: Measures;
  /** Absent: no spans are made here; what comes sampled is passed on. */
  readonly tracer?: Tracer;
  /** A random text, unique per take-over. */
  newToken(): string;
  /** `trace`: of a sampled record of the batch, where there is one. */
  onRetry?(stage: string, lane: number, error: unknown, trace?: TraceContext | null): void;
  /** Told where a lane stands when it has been taken over, and after each commit: for status. */
  onSaved?(standing: LaneStanding): void;
}

export interface LaneStanding {
  readonly stage: string;
  readonly topic: string;
  readonly lane: number;
  /** The next offset of the topic to read. */
  readonly offset: number;
  /** validate and aggregate: of what came before `offset`. */
  readonly counts: Readonly<Counts> | null;
  /** aggregate; live. */
  readonly view: AggregateView | null;
}
