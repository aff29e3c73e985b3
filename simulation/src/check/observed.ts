import type { Counts } from '@millrace/lanes/audit';
import type { Alert, Mark, Partial, WindowResult } from '@millrace/lanes/made';
import type { ResultRow } from '@millrace/lanes/ports/results';
import type { LaneRecord } from '../oracle/record.ts';

/** What a run left behind, decoded, for the checks. Lists are by lane. */
export interface Observed {
  /** What aggregate had before it, accepted copies only. */
  readonly records: readonly (readonly LaneRecord[])[];
  /** What the merge had before it, accepted copies only. */
  readonly partials: readonly (readonly ObservedPartial[])[];
  /** The topics' accepted copies by writer; null: the run keeps none. */
  readonly made: ObservedMade | null;
  readonly rows: readonly ResultRow[];
  readonly counts: readonly Counts[];
}

export interface ObservedPartial {
  readonly seq: number;
  readonly from: number;
  readonly record: Partial | Mark;
  /** Fused: the seq of the last record that the lane had taken when it told it. */
  readonly after?: number;
}

export interface ObservedMade {
  readonly local: Streams;
  readonly merged: Streams;
}

export interface Streams {
  readonly windows: readonly (readonly Caused<WindowResult>[])[];
  readonly alerts: readonly (readonly Caused<Alert>[])[];
}

export type Caused<T> = T & { readonly seq: number };
