/** A kind of window with its settings applied. Times in milliseconds since 1970 UTC; ends are exclusive. */
export interface WindowKind {
  readonly kind: string;
  /** The longest a window of this kind spans. */
  readonly longestMs: number;
  /** The starts of the windows that an event at `timeMs` belongs to, ascending. */
  starts(timeMs: number): readonly number[];
  end(startMs: number): number;
}
