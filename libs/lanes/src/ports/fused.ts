import type { LogRecord } from './log.ts';
import type { ResultRow } from './results.ts';
import type { SavedState } from './state.ts';

/**
 * Port of the fused run, where all stages share a process and a store: everything that a stretch of raw caused is
 * written in one transaction with the positions it was read up to. Raw itself is read through `EventLog.read`.
 */
export interface FusedStore {
  /** Every lane's saved state by key. */
  load(): Promise<ReadonlyMap<string, SavedState>>;
  /** Atomic; durable when it resolves. Commits are applied in the order of the calls, which need not wait. */
  commit(transaction: FusedTransaction): Promise<void>;
  /** Resolves when a lane of the topic has grown since the last call settled, or after `timeoutMs`. */
  grown(topic: string, timeoutMs: number): Promise<void>;
}

export interface FusedTransaction {
  /** By lane key: the new head (position, last, counts, …) and what changed in its entries. */
  readonly states: ReadonlyMap<string, StateDelta>;
  /** At most one row per identity. */
  readonly rows: readonly ResultRow[];
  readonly outputs: readonly {
    readonly topic: string;
    readonly lane: number;
    readonly records: readonly LogRecord[];
  }[];
}

export interface StateDelta {
  readonly head: string;
  readonly puts: ReadonlyMap<string, Uint8Array>;
  readonly deletes: readonly string[];
}
