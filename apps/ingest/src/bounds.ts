/** Bounds of ingest. Their relations are asserted in `bounds.test.ts`. */
export interface Bounds {
  /** The original bytes of one event. With its other fields it must fit into one append. */
  readonly eventBytesMax: number;
  /** How far the end of a row is looked for. */
  readonly scanBytesMax: number;
  /** UTF-8 bytes of an event's id, and of its key. */
  readonly nameBytesMax: number;
  /** Nesting of a JSON value. */
  readonly depthMax: number;
  /** How much of a stretch that can't be read is kept in its dead letter. */
  readonly brokenBytesMax: number;

  /** One request's body, where the source's `body_limit` does not say otherwise. */
  readonly bodyBytesMax: number;
  /** Events of one request: bounds the answer as well. */
  readonly requestEventsMax: number;
  /** Events of one sampled request that are traced, the first ones: a trace of more is of no use to anybody. */
  readonly requestTracedMax: number;
  /** Bodies of all requests that are being received. */
  readonly receivingBytesMax: number;
  /** How long one body may take; then its connection is closed. */
  readonly receivingMs: number;
  /** Records, and their bytes, that wait for the log to acknowledge them; beyond it HTTP refuses. */
  readonly waitingRecordsMax: number;
  readonly waitingBytesMax: number;
  /** The share of the waiting bounds up to which `low` and `normal` events are taken; `high` ones up to all. */
  readonly lowShare: number;
  readonly normalShare: number;
  /** How long a request waits for the log before it is answered 503. */
  readonly acknowledgeMs: number;
  /** What Retry-After says. */
  readonly retryAfterSeconds: number;

  /** Events after which other work gets its turn. */
  readonly sliceRecords: number;
  /** Slices of one file source that wait for the log. */
  readonly slicesInFlightMax: number;
  /** Buffers of a source's open files, together. */
  readonly fileBuffersBytesMax: number;
  /** Of one open file. */
  readonly chunkBytesMin: number;
  readonly chunkBytesMax: number;
  /** Files of one source: all are open at once. */
  readonly partsMax: number;
  /** A file source waits while the pipeline is this many records behind. */
  readonly lagRecordsMax: number;
  readonly lagPauseMs: number;
  /** A paced source sends at least this often. */
  readonly paceStepMs: number;
  /** How often a file's position is saved. */
  readonly saveMs: number;
  readonly tickMs: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const BOUNDS: Bounds = {
  eventBytesMax: 768 * KIB,
  scanBytesMax: 16 * MIB,
  nameBytesMax: 4 * KIB,
  depthMax: 128,
  brokenBytesMax: 64 * KIB,

  bodyBytesMax: 5 * MIB,
  requestEventsMax: 50_000,
  requestTracedMax: 100,
  receivingBytesMax: 128 * MIB,
  receivingMs: 60_000,
  waitingRecordsMax: 100_000,
  waitingBytesMax: 128 * MIB,
  lowShare: 0.5,
  normalShare: 0.8,
  acknowledgeMs: 15_000,
  retryAfterSeconds: 1,

  sliceRecords: 200,
  slicesInFlightMax: 12,
  fileBuffersBytesMax: 64 * MIB,
  chunkBytesMin: 64 * KIB,
  chunkBytesMax: MIB,
  partsMax: 512,
  lagRecordsMax: 100_000,
  lagPauseMs: 20,
  paceStepMs: 20,
  saveMs: 1_000,
  tickMs: 1_000,
};
