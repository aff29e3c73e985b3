import type { Random } from '@millrace/simulation/random';
import { SHOP_IDS } from './document.ts';

/** An event as it is sent. */
export interface Sale {
  readonly card: string;
  readonly shop_id: string;
  /** A whole number, so that sums are the same in any order; below 0: refused by a rule. */
  readonly amount: number;
  /** Event time, ms. */
  readonly at: number;
}

const HOUR_MS = 3_600_000;
/** Long ago: what is ahead of the clock would be refused. */
const EPOCH_MS = Date.UTC(2020, 0, 1);
/** Event time of one try of a row: windows of one try take nothing of another's. */
const SLICE_MS = 4 * HOUR_MS;
/** Of a slice's event time what events may use; the rest is far enough behind to close all of it. */
export const SLICE_HOURS = 2;
const CLOSING_MS = 3.5 * HOUR_MS;

/** Event time goes faster than the clock, so that windows close while a row runs. */
const STEP_MS = 60;
const JITTER_MS = 10_000;
const CARDS = 200;
/** How many sales close a slice. */
export const CLOSING_CARDS = 64;
const AMOUNT_MAX = 1_000;
const REFUSED = 0.03;

/** The event time at which the slice begins, ms; a whole hour. */
export function sliceStart(slice: number): number {
  return EPOCH_MS + slice * SLICE_MS;
}

/** The index-th sale of a slice. @throws RangeError where the slice has no room for it */
export function saleAt(slice: number, index: number, random: Random): Sale {
  const offsetMs = JITTER_MS + index * STEP_MS + random.between(-JITTER_MS, JITTER_MS);
  if (offsetMs >= SLICE_HOURS * HOUR_MS) throw new RangeError(`slice ${slice} is full: ${index} events`);
  const amount = random.between(1, AMOUNT_MAX);
  return {
    card: `c${random.below(CARDS)}`,
    shop_id: random.pick(SHOP_IDS),
    amount: random.chance(REFUSED) ? -amount : amount,
    at: sliceStart(slice) + offsetMs,
  };
}

/** Sales so late that every window before closes, of so many cards that every lane has one of them. */
export function closingSales(slice: number): Sale[] {
  const at = sliceStart(slice) + CLOSING_MS;
  return Array.from({ length: CLOSING_CARDS }, (_, i) => ({
    card: `closing${i}`,
    shop_id: SHOP_IDS[0]!,
    amount: 1,
    at,
  }));
}
