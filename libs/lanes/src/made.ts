/**
 * Records that a stage makes itself. `index` counts what one input record caused, per (topic, lane); with the
 * seq of that record and the writer it identifies the record exactly, so that a repeat is recognised.
 */
export interface Made {
  seq: number;
  index: number;
  /** windows, alerts: 0 = aggregate, 1 = merge; partials: the lane that wrote it. */
  writer: number;
  prevSeq: number;
  prevIndex: number;
  /** The watermark after the record that caused it, ms. */
  time: number;
}

export interface WindowResult {
  readonly name: string;
  readonly group: string;
  readonly start: number;
  readonly end: number;
  /** Counts from 1; a correction after the final result goes on counting. */
  readonly revision: number;
  /** False: the window is still open and the values are live. */
  readonly final: boolean;
  readonly values: Readonly<Record<string, number | string | null>>;
}

/**
 * One group of one window, as it stands: the same object for all results of it while it is kept, so that a newer
 * result supersedes an older one.
 */
export interface WindowView {
  /** The window's name. */
  readonly name: string;
  /** The seq of what caused its newest result, while the kernel has not taken that yet; NOT_WAITING otherwise. */
  waiting: number;
  /** What it gives now, as of its latest revision. */
  result(): WindowResult;
}

export const NOT_WAITING = -1;

export interface Alert {
  /** `DETECTOR:EVENT_ID`, or `DETECTOR:WINDOW:GROUP:START` with `:REVISION` unless once per window. */
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly severity: string;
  readonly message: string;
  /** Event time of the event, or the window's end. */
  readonly time: number;
  readonly value: number | null;
  readonly score: number | null;
  readonly eventId: string | null;
  readonly window: {
    readonly name: string;
    readonly start: number;
    readonly end: number;
    readonly revision: number;
  } | null;
}

/** A lane's whole accumulator for (window, group); it replaces the one that the lane sent before. */
export interface Partial {
  readonly kind: 'partial';
  readonly window: string;
  readonly group: string;
  readonly start: number;
  /** One accumulator per computed value, in document order: plain JSON data. */
  readonly accumulators: readonly unknown[];
}

/** How far a lane is: everything before `watermark` has been sent. */
export interface Mark {
  readonly kind: 'mark';
  readonly watermark: number;
  /** No part of the lane is active. */
  readonly idle: boolean;
}

/** Counts that came too late for the merge; written as a dead letter beside the audit's sum. */
export interface LateMerge {
  readonly window: string;
  readonly group: string;
  readonly start: number;
  readonly lane: number;
  readonly accumulators: readonly unknown[];
}
