/**
 * Port: a durable log of topics, each with the same number of lanes. Embedded: LMDB; distributed: Kafka.
 * Offsets count from 0 per (topic, lane) and never repeat within a generation.
 */
export interface EventLog {
  /**
   * Appends records to one lane, in order, all or a prefix-free subset of whole calls: when it resolves, every
   * record is durable and in the given order with nothing between them lost. When it rejects, any of them may or
   * may not have been written, now or later (`AppendError`); a `RangeError` says that a record or lane can never be
   * written. Never called again for the same lane of a topic by the same owner before it has settled.
   * @returns the offset of the first record.
   */
  append(topic: string, lane: number, records: readonly LogRecord[]): Promise<number>;

  /**
   * Joins a group that shares the lanes of `topic`. For each lane that falls to this member, `takeOver` is called and
   * awaited, never before `consume` has answered; the reader that it answers gets the lane's batches from
   * `reader.from` on, one at a time. When a batch rejects, the reader is thrown away and the lane taken over again
   * after a pause; a new take-over of a lane waits until the old reader's batch has settled, and what its `released`
   * answered. A rejection with `LaneStopped` ends the lane until the process restarts and is reported to `onStopped`;
   * so does a `reader.from` that the lane does not hold (before its start or beyond its end: `lane_reset`).
   */
  consume(options: ConsumeOptions): Promise<Consumer>;

  /** The committed position of a group; null when it never committed. Rejects with `LaneStopped` when it was lost. */
  committed(group: string, topic: string, lane: number): Promise<Position | null>;
  /**
   * Saved when it resolves. Rejects when the lane has gone to another owner, as far as is known here: a position may
   * still go back, when an owner that has not heard commits last.
   */
  commit(group: string, topic: string, lane: number, position: Position): Promise<void>;

  /** `start`: the first offset still kept; `end`: the offset that the next record gets. */
  bounds(topic: string, lane: number): Promise<{ readonly start: number; readonly end: number }>;

  /**
   * Reads records from `from` on (from the start, where that is later) without joining a group: at least one where
   * there is one; empty at the end. For people and tools, not for stages.
   */
  read(topic: string, lane: number, from: number, maxRecords: number): Promise<LogBatch>;
}

export interface LogRecord {
  readonly value: Uint8Array;
  /** Kafka record headers; only what must not be in the value (trace context, dead-letter headers). */
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: Uint8Array;
  /** Ingest time in milliseconds: what retention by age goes by. */
  readonly timestampMs: number;
}

export interface LogBatch {
  /** The offset of the first record; they follow one another without gaps. */
  readonly base: number;
  readonly records: readonly LogRecord[];
  /** The lane's end when the batch was read, for lag. */
  readonly end: number;
}

export interface Position {
  /** The next offset to read. */
  readonly offset: number;
  /**
   * The lane's small state as text, at most POSITION_METADATA_BYTES_MAX; empty when it was not written by a lane (then
   * the lane starts over).
   */
  readonly metadata: string;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly topic: string;
  takeOver(lane: number): Promise<LaneReader>;
  /** A lane stopped for good: lane_gap, lane_reset, … */
  onStopped(lane: number, error: Error): void;
}

export interface LaneReader {
  /** The offset that the first batch must have. */
  readonly from: number;
  batch(batch: LogBatch): Promise<void>;
  /**
   * The lane has gone to another owner, or the consumer closes; no batch follows, and the one under way may end early.
   * Not called for a reader whose batch rejected. Resolves when nothing of the reader is under way any more: until
   * then the lane can be committed, if it has not gone elsewhere.
   */
  released(): void | Promise<void>;
  /** Resolves with what went wrong between its batches: as if a batch had rejected with it. Absent: nothing can. */
  readonly failed?: Promise<Error>;
}

export interface Consumer {
  /** Ends after the batches under way have settled. */
  close(): Promise<void>;
}

/** The outcome of an append is unknown: send again (readers drop what arrives twice). */
export class AppendError extends Error {
  override readonly name = 'AppendError';
}

/** A lane can't go on without a person (`lane_gap`, `lane_reset`, `plan_changed`, `state_lost`, …). */
export class LaneStopped extends Error {
  override readonly name = 'LaneStopped';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
