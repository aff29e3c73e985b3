import type { Counts } from './audit.ts';
import type { RecentLatencies } from './measures.ts';
import type { LaneStatus, SourceStatus } from './status.ts';

/**
 * What one process of a distributed pipeline tells the others about itself, once a second: plain JSON data. Merged by
 * `merged-status.ts`.
 */
export interface ServiceReport {
  readonly service: string;
  /** Which of its replicas. */
  readonly instance: string;
  /** Ascends with each report: one that does not come again is of a process that has gone. */
  readonly number: number;
  readonly plan: string;
  /** Offsets of different ones have nothing to do with each other. */
  readonly generation: number;
  readonly startedMs: number;
  readonly state: 'starting' | 'running' | 'draining' | 'ended';
  /** Why it is not ready; empty: it is. */
  readonly reasons: readonly string[];
  readonly lanes: readonly LaneReport[];
  /** By topic: the offset that the next record of each lane gets, as far as this process knows. */
  readonly ends: Readonly<Record<string, readonly number[]>>;
  /** ingest: by lane of raw, the offset after the last event that it appended. */
  readonly eventEnds: readonly number[];
  readonly stages: Readonly<Record<string, StageReport>>;
  readonly repeats: number;
  readonly gaps: number;
  readonly deadLetters: Readonly<Record<string, number>>;
  readonly sources: readonly SourceStatus[];
  /** ingest: records that the log has not acknowledged. */
  readonly waiting: number;
}

export interface LaneReport {
  readonly stage: string;
  readonly topic: string;
  readonly lane: number;
  /** The next offset to read. */
  readonly offset: number;
  readonly counts: Readonly<Counts> | null;
  /** aggregate: event time; null: it has not seen any. */
  readonly watermark: number | null;
  readonly openWindows: number;
  readonly stopped: LaneStatus['stopped'];
}

export interface StageReport {
  /** Since the process started. */
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly latencies: RecentLatencies;
}

/** Where reports are shared. */
export const reportScope = (pipeline: string): string => `${pipeline}/status`;
