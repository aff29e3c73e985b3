import type { DeadLetterCode } from './codes.ts';
import type { Flow } from './flow.ts';
import type { Alert, LateMerge, Mark, Partial, WindowResult, WindowView } from './made.ts';
import type { LogRecord } from './ports/log.ts';
import type { ResultRow } from './ports/results.ts';
import type { TraceContext } from './trace-context.ts';

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
  /**
   * The window has a new result. It is taken at once, unless nobody sees it before the next one: then the newest
   * is enough.
   */
  window(view: WindowView): void;
  /** `of`: the window that it is about, where it is not about the event at hand. */
  alert(alert: Alert, of?: WindowView): void;
  /** To lane `to` of partials; `of`: the window that a partial is of. */
  partial(to: number, record: Partial | Mark, of?: WindowView): void;
  /** The event at hand, which is sampled, went into the window: for the links of its results. */
  folded?(view: WindowView): void;
  /**
   * Whether partials of open windows (`emit: updates`) are wanted at each event. If not, `sendPartials` is called
   * before what the lane made is committed: nobody sees them earlier, so the newest is enough.
   */
  readonly everyPartial: boolean;
}

/** Merge: reads partials, one lane per group hash. */
export interface MergeOutput {
  window(view: WindowView): void;
  /** `of`: the window that it is about. */
  alert(alert: Alert, of?: WindowView): void;
  /** The partial at hand went into the window: for the links of its results. */
  folded?(view: WindowView): void;
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
  | {
      readonly topic: 'windows';
      readonly seq: number;
      readonly result: WindowResult;
      /** Absent: it links to no sampled event. */
      readonly trace?: TraceContext | null;
    }
  | {
      readonly topic: 'alerts';
      readonly seq: number;
      readonly alert: Alert;
      readonly trace?: TraceContext | null;
    }
  | { readonly topic: 'late_merge'; readonly seq: number; readonly late: LateMerge };

export interface RouteOutput {
  /** Part of the commit: the row is written iff the position moves past its cause. */
  store(row: ResultRow): void;
  /** Part of the commit as well, fused: a record for one lane of a topic that the user named. */
  append(topic: string, lane: number, record: TopicRecord): void;
  /**
   * Hands a value to a sink outside (`SinkPlan.name`); the kernel delivers a batch's values before it commits, so
   * at least once. What the sink refuses becomes a dead letter (`sinkDeadLetter`).
   */
  deliver(sink: string, delivery: Delivery): void;
}

/** A record as `route` makes it; the kernel stamps it with the ingest time of the raw record at hand. */
export type TopicRecord = Omit<LogRecord, 'timestampMs'>;

export interface Delivery {
  readonly from: 'event' | 'alert' | 'window';
  /** Idempotency key: the same cause gives the same. Event id, alert id, or `WINDOW:GROUP:START:REVISION`. */
  readonly id: string;
  /** 0 for a first try; counts the replays of the sink's dead letter. */
  readonly attempt: number;
  /** The event's key; the group of an alert or a window. */
  readonly key: string;
  /** Event time of the event, time of the alert, the window's end. Milliseconds. */
  readonly time: number;
  /** The seq of what caused it: the version of a row that is made of it. */
  readonly seq: number;
  /** Null: not sampled. */
  readonly trace: TraceContext | null;
  /** JSON data: the event, alert or window result. Shared by all sinks: never changed. */
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * An opened sink of a kind that reaches outside, such as `console` or `webhook`: one file in
 * `apps/route/src/sinks`. Resolves when everything is delivered. What it refuses for good becomes the sink's dead
 * letters; rejects when it could not be reached (the kernel waits and tries again).
 */
export interface Sink {
  deliver(batch: readonly Delivery[]): Promise<readonly Refusal[]>;
  close(): Promise<void>;
}

export interface Refusal {
  readonly id: string;
  readonly code: DeadLetterCode;
  readonly message: string;
}
