import type { Fields } from './plan.ts';

/** A record of a lane as aggregate finds it, in the oracle's own words. */
export interface LaneRecord {
  readonly kind: 'event' | 'rejected' | 'replay' | 'tick' | 'opened';
  readonly seq: number;
  readonly part: number;
  /** Null: the part has no positions. */
  readonly position: number | null;
  /** The seq of what a replay brings back; null: it is none, or does not say. */
  readonly replays: number | null;
  /** −∞: none. */
  readonly eventTime: number;
  readonly ingestTime: number;
  readonly source: string;
  readonly id: string;
  readonly key: string;
  readonly digest: number;
  readonly attempt: number;
  /** Who refused it, and why; on a replay: whose dead letter it replays. */
  readonly stage: string;
  readonly code: string;
  /** With enrichments and flags; null on rejected records, ticks and `opened`, and on a replay that can't be read. */
  readonly event: Fields | null;
  /** Replay: every window had closed when it came first; detectors and routes have seen it. */
  readonly late: boolean;
  /** Tick: the whole part has been read. */
  readonly ended: boolean;
  /** Opened: how many parts the source has, and whether its records come in the order of their positions. */
  readonly parts: number;
  readonly ordered: boolean;
}
