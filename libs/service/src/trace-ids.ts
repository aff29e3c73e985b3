/**
 * Sampling by the trace's id, as OpenTelemetry's probability sampling has it: the last 56 bits of an id are random, and
 * it is sampled at a rate iff they are at or above 1 − rate. So others that sample by the same rule agree. Of the 56
 * bits the first 52 are looked at, which a double holds exactly.
 */
const DIGITS_AT = 18;
const DIGITS = 13;
const VALUES = 2 ** (4 * DIGITS);

export function isSampledAt(traceId: string, rate: number): boolean {
  return Number.parseInt(traceId.slice(DIGITS_AT, DIGITS_AT + DIGITS), 16) >= thresholdOf(rate);
}

/** Makes a random id one that is sampled at the rate. At 0, where only others begin traces, it stays as it is. */
export function sampledTraceId(rate: number, traceId: string): string {
  if (rate <= 0 || isSampledAt(traceId, rate)) return traceId;
  const threshold = thresholdOf(rate);
  const value = threshold + Math.floor(Math.random() * (VALUES - threshold));
  const digits = value.toString(16).padStart(DIGITS, '0');
  return traceId.slice(0, DIGITS_AT) + digits + traceId.slice(DIGITS_AT + DIGITS);
}

function thresholdOf(rate: number): number {
  return Math.min(VALUES - 1, Math.ceil((1 - rate) * VALUES));
}
