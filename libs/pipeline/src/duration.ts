/** The document's quantities with a unit. Each parser throws `RangeError` that names the text and shows how to write it. */

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SECONDS_PER_RATE_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};
const QUANTITY = /^(\d+)(ms|s|m|h|d)$/;
const RATE = /^(\d+(?:\.\d+)?)\/(s|m|h)$/;
const SIZE = /^(\d+)(B|kB|MB|GB|KiB|MiB|GiB)$/;

/** `250ms`, `10s`, `5m`, `1h`, `30d` in milliseconds. */
export function parseDuration(text: string): number {
  const match = QUANTITY.exec(text);
  const durationMs = match ? Number(match[1]) * MILLISECONDS[match[2]!]! : Number.NaN;
  if (!Number.isSafeInteger(durationMs)) {
    throw new RangeError(
      `${JSON.stringify(text)} is not a duration: write a whole number and its unit, such as 250ms, 10s, 5m, 1h or 30d`,
    );
  }
  return durationMs;
}

/** Milliseconds in the largest unit that gives a whole number: 90000 is `90s`. Takes what `parseDuration` answers. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  for (const unit of ['d', 'h', 'm', 's']) {
    if (durationMs % MILLISECONDS[unit]! === 0) return `${durationMs / MILLISECONDS[unit]!}${unit}`;
  }
  return `${durationMs}ms`;
}

/** `500/s`, `30/m`, `1.5/h` in events per second, more than 0. */
export function parseRate(text: string): number {
  const match = RATE.exec(text);
  const perSecond = match ? Number(match[1]) / SECONDS_PER_RATE_UNIT[match[2]!]! : Number.NaN;
  if (!(perSecond > 0 && perSecond < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `${JSON.stringify(text)} is not a rate: write a number above 0 per second, minute or hour, such as 500/s, 30/m or 10/h`,
    );
  }
  return perSecond;
}

/** `512B`, `64KiB`, `5MiB`, `1GiB` (powers of 1024) or `5MB` (powers of 1000) in bytes. */
export function parseBytes(text: string): number {
  const match = SIZE.exec(text);
  const bytes = match ? Number(match[1]) * BYTES[match[2]!]! : Number.NaN;
  if (!Number.isSafeInteger(bytes)) {
    throw new RangeError(
      `${JSON.stringify(text)} is not a size: write a whole number and its unit, such as 512B, 64KiB, 5MiB or 1GiB`,
    );
  }
  return bytes;
}
