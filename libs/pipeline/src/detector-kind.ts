/**
 * A method that judges a series of values, one state per group: `zscore`, … Pure and deterministic; a state is
 * plain JSON data, so that a saved and restored one behaves bit for bit like the one that was saved.
 */
export interface DetectorKind<C = unknown, S = unknown> {
  readonly name: string;
  readonly summary: string;
  /** JSON Schema of its settings in the document. Durations are strings such as `30d`. */
  readonly settings: { readonly [key: string]: unknown };
  /** Checks and converts the settings (durations to milliseconds). */
  configure(settings: Readonly<Record<string, unknown>>): C;
  create(config: C): S;
  /** Event time, ms, without a value after which a group's state is forgotten: groups may come without end. */
  forgetAfterMs(config: C): number;
  /**
   * Judges `value` at `timeMs` (event time) against the state as it was before, then folds it in; may change
   * the state it was given. The score is in the method's own unit (z-score: standard deviations), null while
   * it warms up.
   */
  judge(config: C, state: S, value: number, timeMs: number): Judgement;
}

export interface Judgement {
  readonly anomalous: boolean;
  readonly score: number | null;
}

/** A method with its settings applied. */
export interface Detector {
  readonly kind: string;
  /** Above 0. */
  readonly forgetAfterMs: number;
  create(): unknown;
  judge(state: unknown, value: number, timeMs: number): Judgement;
}
