/** What the oracle knows of a pipeline: its own reading of the document, as plain functions. Times in milliseconds. */
export interface OraclePlan {
  readonly lanes: number;
  readonly outOfOrderMs: number;
  readonly maxAheadMs: number;
  readonly idleMs: number;
  readonly dedupeMs: number;
  readonly keepMs: number;
  /** The document has `event.id`: ids are checked for every source, not for HTTP alone. */
  readonly checksIds: boolean;
  readonly sources: readonly OracleSource[];
  readonly windows: readonly OracleWindow[];
  readonly detectors: readonly OracleDetector[];
  /** Whether some expression of aggregate can't be evaluated on the event. */
  failsOn(event: Fields): boolean;
}

export type Fields = Readonly<Record<string, unknown>>;

export interface OracleSource {
  readonly name: string;
  readonly kind: 'http' | 'file';
  readonly finite: boolean;
}

export interface OracleWindow {
  readonly name: string;
  readonly local: boolean;
  /** A window starts at every multiple of `everyMs`; tumbling: every = size. */
  readonly sizeMs: number;
  readonly everyMs: number;
  readonly latenessMs: number;
  readonly emit: 'close' | 'updates';
  readonly onLate: 'dead_letter' | 'update';
  by(event: Fields): string | null;
  when(event: Fields): boolean;
  /** The computed values of all events of a window, in the order in which they were folded. */
  compute(events: readonly Fields[]): Values;
}

export type Values = Readonly<Record<string, number | string | null>>;

export interface OracleDetector {
  readonly name: string;
  /** The window whose results it watches; null: events. */
  readonly window: string | null;
  /** The group of an event; null: not judged. Absent: the event's key. On windows the window's group counts. */
  readonly by?: (event: Fields) => string | null;
  /** What it is given: the event, or a window result's `group`, `start`, `end`, `revision`, `final` and values. */
  readonly when?: (subject: Fields) => boolean;
  readonly value?: (subject: Fields) => number | null;
  readonly method?: OracleMethod;
  readonly oncePerWindow: boolean;
  readonly severity: string;
}

export interface OracleMethod {
  /** A group is as new after this time, ms, without a value. */
  readonly forgetAfterMs: number;
  create(): unknown;
  judge(
    state: unknown,
    value: number,
    timeMs: number,
  ): { readonly anomalous: boolean; readonly score: number | null };
}

/** The starts of the windows that hold a time, ascending. */
export function startsOf(window: OracleWindow, time: number): number[] {
  const starts = [];
  const last = Math.floor(time / window.everyMs) * window.everyMs;
  for (let start = last; start > time - window.sizeMs; start -= window.everyMs) starts.unshift(start);
  return starts;
}
