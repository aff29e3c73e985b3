/**
 * The number that an aggregate of doubles folds in; null for what it leaves out: null, NaN and the infinities (one
 * of them would spoil a whole window, and JSON, in which accumulators are saved, can't hold them), and whatever
 * isn't a number. -0 becomes 0 for JSON's sake.
 */
export function finite(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  return typeof value === 'bigint' ? Number(value) : null;
}
