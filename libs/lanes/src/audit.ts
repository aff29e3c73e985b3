/** What became of a raw event: the first that fits, in this order. */
export const OUTCOMES = ['dropped', 'duplicate', 'rejected', 'late', 'processed'] as const;

/** Counts of a lane. `events` = the five outcomes + what is in flight. Saved with the lane's position. */
export interface Counts {
  events: number;
  dropped: number;
  duplicate: number;
  rejected: number;
  late: number;
  processed: number;
  /** Beside the sum: processed and late events by flag (`RULE`, `ENRICHMENT_missing`). */
  flags: Record<string, number>;
}

/** Sets `to` to what `from` is now. */
export function copyCounts(to: Counts, from: Readonly<Counts>): void {
  Object.assign(to, from, { flags: { ...from.flags } });
}

export function addFlags(to: Counts, flags: Readonly<Record<string, number>>): void {
  for (const [flag, count] of Object.entries(flags)) to.flags[flag] = (to.flags[flag] ?? 0) + count;
}

export function zeroCounts(): Counts {
  return { events: 0, dropped: 0, duplicate: 0, rejected: 0, late: 0, processed: 0, flags: {} };
}
