/** A kind of window with its settings applied. Times in milliseconds since 1970 UTC; ends are exclusive. */
export interface WindowKind {
  readonly kind: string;
  /** The longest a window of this kind spans. */
  readonly longestMs: number;
  /** The starts of the windows that an event at `timeMs` belongs to, ascending. */
  starts(timeMs: number): readonly number[];
  end(startMs: number): number;
}

/** A kind of window before its settings: one file in `windows/` and one line in `windows.ts`. */
export interface WindowFamily {
  /** As in the document: `window: { NAME: SETTINGS }`. */
  readonly name: string;
  /** One line for the editor and `--help`. */
  readonly summary: string;
  /** JSON Schema (draft 2020-12) of the settings. Durations are strings such as `1m` (`"format": "duration"`). */
  readonly settings: { readonly [key: string]: unknown };
  /**
   * Applies settings that fit the schema, durations still as text. Throws `RangeError` for what the schema can't
   * say (a window of no length).
   */
  configure(settings: unknown): WindowKind;
}
