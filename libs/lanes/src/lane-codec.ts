import type { Flow } from './flow.ts';
import type { Alert, LateMerge, Made, Mark, Partial, WindowResult } from './made.ts';
import type { LogRecord } from './ports/log.ts';

export type FlowTopic = 'raw' | 'validated' | 'enriched' | 'aggregated';
export type MadeTopic = 'windows' | 'alerts' | 'partials';

/** What a stage makes itself, with the identity that tells its repeats. */
export interface MadeRecord {
  readonly made: Made;
  readonly content: MadeContent;
}

export type MadeContent =
  | { readonly kind: 'window'; readonly result: WindowResult }
  | { readonly kind: 'alert'; readonly alert: Alert }
  | { readonly kind: 'late_merge'; readonly late: LateMerge }
  | Partial
  | Mark;

/**
 * - `unreadable`: the lane fields could be read, the rest not; `value` has the lane fields. A verdict.
 * - `foreign`: not a record of this pipeline at all.
 * - `unknown_schema`: ask the registry (`learn`), then try again.
 */
export type Decoded<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'unreadable'; readonly value: T; readonly reason: string }
  | { readonly kind: 'foreign'; readonly reason: string }
  | { readonly kind: 'unknown_schema'; readonly id: number };

/** Between records and bytes, for one stage of one pipeline. */
export interface LaneCodec {
  /** `seq` is used for raw, whose records get theirs from their offset. */
  decodeFlow(topic: FlowTopic, record: LogRecord, seq: number): Decoded<Flow>;
  /** With the record's `seq` and `prev`. */
  encodeFlow(topic: FlowTopic, record: Flow): LogRecord;
  decodeMade(topic: MadeTopic, record: LogRecord): Decoded<MadeRecord>;
  encodeMade(topic: MadeTopic, record: MadeRecord, timestampMs: number): LogRecord;
  /** Fetches a schema; false: the registry does not know it. Rejects when it can't be reached. */
  learn(id: number): Promise<boolean>;
}
