import type { Counts } from './audit.ts';

/**
 * What `GET /v1/status` answers and `millrace status` prints: plain JSON data.
 * Times are milliseconds since 1970 UTC, spans milliseconds, rates events per second over the last few seconds.
 */
export interface Status {
  /** When it was taken. */
  readonly time: number;
  readonly memory: MemoryStatus;
  readonly pipelines: readonly PipelineStatus[];
}

export interface MemoryStatus {
  readonly rssBytes: number;
  readonly heapBytes: number;
}

export interface PipelineStatus {
  readonly pipeline: string;
  /** `Plan.hash`. */
  readonly plan: string;
  /** `stopped`: at least one lane waits for a person; `lanes` says which and why. */
  readonly state: 'starting' | 'running' | 'draining' | 'stopped';
  /** Since this process took the pipeline up. */
  readonly uptimeMs: number;
  readonly audit: AuditStatus;
  /** In the order of the data: ingest, validate, enrich, aggregate, merge (where the plan has one), route. */
  readonly stages: readonly StageStatus[];
  /** From ingest time until route was done with it: the whole way. Null: nothing passed in the last seconds. */
  readonly latency: LatencyStatus | null;
  readonly lanes: readonly LaneStatus[];
  readonly openWindows: number;
  /** Records that came again and were dropped because their seq was known. Harmless. */
  readonly repeats: number;
  /** Times a lane stopped because an event had vanished. Anything but 0 is an alarm. */
  readonly gaps: number;
  /** Dead letters made since this process started, by code. */
  readonly deadLetters: Readonly<Record<string, number>>;
  readonly sources: readonly SourceStatus[];
  /** The processes of a distributed pipeline, replica by replica; empty: all stages are in this one. */
  readonly services: readonly ServiceStatus[];
}

/** The audit's equation: `sum` is computed from the other terms, never copied from `events`. */
export interface AuditStatus extends Readonly<Counts> {
  readonly inFlight: number;
  /** dropped + duplicate + rejected + late + processed + inFlight. */
  readonly sum: number;
  /** Whether `sum` is `events`. */
  readonly balanced: boolean;
}

export interface StageStatus {
  readonly name: string;
  readonly eventsPerSecond: number;
  /** Records it has been through since this process started. */
  readonly events: number;
  /** From ingest time until this stage was done with it (ingest: from receiving until durable). */
  readonly latency: LatencyStatus | null;
  /** Records in its input that it has not been through. */
  readonly lag: number;
}

export interface LatencyStatus {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LaneStatus {
  readonly lane: number;
  /** Records of raw that aggregate has not been through. */
  readonly lag: number;
  /** Event time; null: the lane has not seen any. */
  readonly watermark: number | null;
  /** The time of this status − watermark; large on historical data. Null with the watermark. */
  readonly watermarkAgeMs: number | null;
  readonly openWindows: number;
  /** Why it stopped (`lane_gap`, `lane_reset`, …); null: it runs. */
  readonly stopped: { readonly code: string; readonly message: string } | null;
}

export interface ServiceStatus {
  /** `ingest`, `validate`, `enrich`, `aggregate`, `route` or `serve`. */
  readonly service: string;
  readonly instance: string;
  /** `silent`: not heard of for some seconds. */
  readonly state: 'starting' | 'running' | 'draining' | 'ended' | 'silent';
  readonly startedMs: number;
  /** Why it is not ready; empty: it is. */
  readonly reasons: readonly string[];
  /** Lanes that it holds; of several topics each. */
  readonly lanes: number;
}

export interface SourceStatus {
  readonly name: string;
  readonly kind: string;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly parts: readonly SourcePartStatus[];
}

export interface SourcePartStatus {
  /** `SOURCE` or `SOURCE:PATH#FINGERPRINT`. */
  readonly name: string;
  readonly state: 'active' | 'idle' | 'ended';
  /** The position that is saved; null where the source has none (HTTP). */
  readonly position: number | null;
  /** 0 … 1 of a finite part (bytes read of the file); null where there is no end to reach. */
  readonly progress: number | null;
  /** The highest event time seen; null: none. */
  readonly eventTime: number | null;
}

/** Adds the terms up. */
export function auditStatus(counts: Readonly<Counts>, inFlight: number): AuditStatus {
  const { events, dropped, duplicate, rejected, late, processed, flags } = counts;
  const sum = dropped + duplicate + rejected + late + processed + inFlight;
  return {
    events,
    dropped,
    duplicate,
    rejected,
    late,
    processed,
    flags,
    inFlight,
    sum,
    balanced: sum === events,
  };
}
