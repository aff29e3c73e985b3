import { NO_TIME } from './flow.ts';

/** Windows' starts and watermarks lie before the events that they are of; they have to be after NO_TIME as well. */
export const EVENT_TIME_MIN = NO_TIME / 2;
/** The latest time of a Date. */
export const EVENT_TIME_MAX = 8.64e15;

/**
 * What `event.time` gave as records carry it: whole milliseconds, the nearest (seconds times 1000 are seldom whole).
 * Null: it is out of what they can carry.
 */
export function eventTimeOf(ms: number): number | null {
  const whole = Math.round(ms);
  return whole >= EVENT_TIME_MIN && whole <= EVENT_TIME_MAX ? whole : null;
}

/** Why `eventTimeOf` gave null, for a dead letter. */
export function badTime(ms: number): string {
  return `event.time is ${ms}, which is no time in milliseconds since 1970`;
}
