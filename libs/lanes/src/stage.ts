import type { Flow } from './flow.ts';
import type { Alert, LateMerge, Mark, Partial, WindowResult } from './made.ts';
import type { ResultRow } from './ports/results.ts';

/**
 * The stage contract. A stage holds only its own logic; decoding, sending, retries, positions, back-pressure,
 * measures and spans are the kernel's.
 *
 * - `process` is synchronous and is called once per accepted record, in the lane's order.
 * - It makes zero or more outputs, in order, each caused by the record at hand and by nothing else: never by a
 *   timer, by the wall clock or by the end of a batch.
 * - Bad data is a verdict (`reject`), never an exception. It throws only for a broken invariant; the process then
 *   stops before it commits.
 * - It may leave an event out only where that depends on the event alone (a `drop` rule). Rejected, tick, opened
 *   and foreign stages' replay records are passed on untouched.
 * - Two processors that were given the same records, or one of them restored from the other's state, make the
 *   same outputs, byte for byte.
 */
export interface Processor<Input, Output> {
  /**
   * Look-ups for a batch, before its records are processed. May wait; rejects when a look-up could not be made
   * (the batch is then tried again: an outage is never a verdict).
   */
  prepare?(records: readonly Input[]): Promise<void>;
  process(record: Input, out: Output): void;
  /** What has changed since the last call, for the checkpoint; absent: the processor keeps no state. */
  readonly state?: LaneState;
}

/** State of one lane as entries by name. Entries are bytes to the kernel; what is in them is the processor's. */
export interface LaneState {
  /** Hands over every entry that changed or went since the last drain. */
  drain(changes: StateChanges): void;
  /** Called for each saved entry before the first record. */
  restore(key: string, value: Uint8Array): void;
  /** Number of entries held. */
  size(): number;
}

export interface StateChanges {
  put(key: string, value: Uint8Array): void;
  remove(key: string): void;
}

/** validate, enrich: the same lane of the next topic. */
export interface FlowOutput {
  forward(record: Flow): void;
}

export interface AggregateOutput extends FlowOutput {
  window(result: WindowResult): void;
  alert(alert: Alert): void;
  /** To lane `to` of partials. */
  partial(to: number, record: Partial | Mark): void;
}

/** Merge: reads partials, one lane per group hash. */
export interface MergeOutput {
  window(result: WindowResult): void;
  alert(alert: Alert): void;
  lateMerge(late: LateMerge): void;
}

/** What merge reads. */
export interface MergeInput {
  /** Its offset in the lane of partials, with the generation: the seq of what it causes. */
  readonly seq: number;
  /** The lane that wrote it. */
  readonly lane: number;
  readonly record: Partial | Mark;
}

/** What route reads: all three topics, each as a lane of its own. */
export type RouteInput =
  | { readonly topic: 'aggregated'; readonly seq: number; readonly flow: Flow }
  | { readonly topic: 'windows'; readonly seq: number; readonly result: WindowResult }
  | { readonly topic: 'alerts'; readonly seq: number; readonly alert: Alert }
  | { readonly topic: 'late_merge'; readonly seq: number; readonly late: LateMerge };

export interface RouteOutput {
  store(row: ResultRow): void;
  /** Hands a value to a sink (`SinkPlan.name`); the kernel delivers a batch's values before it commits. */
  deliver(sink: string, delivery: Delivery): void;
}

export interface Delivery {
  /** Idempotency key: the same cause gives the same. */
  readonly id: string;
  readonly key: string;
  readonly time: number;
  /** JSON data: the event, alert or window result. */
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * A kind of sink other than `store`, such as `console` or `topic`: one file in `apps/route/src/sinks`.
 * Resolves when everything is delivered. What it refuses for good becomes the sink's dead letters; rejects when
 * it could not be reached (the kernel waits and tries again).
 */
export interface Sink {
  deliver(batch: readonly Delivery[]): Promise<readonly Refusal[]>;
  close(): Promise<void>;
}

export interface Refusal {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}
