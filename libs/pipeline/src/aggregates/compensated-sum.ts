/**
 * A sum of doubles and the part of it that rounding cut off. Compensated after Neumaier (1974), "Rundungsfehleranalyse
 * einiger Verfahren zur Summation endlicher Summen": the result is all but independent of the order, so that one
 * lane and eight lanes agree (0.1 ten times is 1), and integers stay exact beyond 2^53. A sum too large for a
 * double stays at the largest one.
 */
export type CompensatedSum = [sum: number, cutOff: number];

/** Adds in place. `value` has to be finite. */
export function addTo(total: CompensatedSum, value: number): void {
  const before = total[0];
  const sum = before + value;
  if (!Number.isFinite(sum)) {
    total[0] = sum > 0 ? Number.MAX_VALUE : -Number.MAX_VALUE;
    total[1] = 0;
    return;
  }
  total[0] = sum;
  total[1] += Math.abs(before) >= Math.abs(value) ? before - sum + value : value - sum + before;
}

/** Adds a 64-bit integer in place without rounding it first. */
export function addBigTo(total: CompensatedSum, value: bigint): void {
  const rounded = Number(value);
  addTo(total, rounded);
  addTo(total, Number(value - BigInt(rounded)));
}

export function sumOf(total: CompensatedSum): number {
  const sum = total[0] + total[1];
  return Number.isFinite(sum) ? sum : total[0];
}
