/** What became of a raw event: the first that fits, in this order. */
export type Outcome = 'dropped' | 'duplicate' | 'rejected' | 'late' | 'processed';

/** Counts of a lane. `events` = the five outcomes + what is in flight. Saved with the lane's position. */
export interface Counts {
  events: number;
  dropped: number;
  duplicate: number;
  rejected: number;
  late: number;
  processed: number;
}

export function zeroCounts(): Counts {
  return { events: 0, dropped: 0, duplicate: 0, rejected: 0, late: 0, processed: 0 };
}
