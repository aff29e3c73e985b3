/** avsc's cursor over a buffer. Past the end it reads zeros and writes nothing; its position tells afterwards. */
export interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  writeLong(value: number): void;
  readString(): string | undefined;
  skipString(): void;
  readBytes(): Buffer | undefined;
  writeBytes(bytes: Buffer): void;
  skipBytes(): void;
  readFixed(size: number): Buffer | undefined;
  writeFixed(bytes: Buffer, size: number): void;
  skipFixed(size: number): void;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;
/** A zigzag varint of 64 bits has at most this many bytes. */
const LONG_BYTES_MAX = 10;

/** Reads a zigzag varint exactly; a number where a double holds it and its neighbours. */
export function readBigLong(tap: Tap): number | bigint {
  let zigzag = 0n;
  for (let i = 0; ; i++) {
    if (i === LONG_BYTES_MAX) throw new RangeError('a long of more than 64 bits');
    const byte = tap.buf[tap.pos++] ?? 0;
    zigzag |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) break;
  }
  if (zigzag >> 64n !== 0n) throw new RangeError('a long of more than 64 bits');
  return plainLong((zigzag >> 1n) ^ -(zigzag & 1n));
}

/** Writes an integer of any size in int64; throws TypeError for anything else. */
export function writeBigLong(tap: Tap, value: unknown): void {
  const big = typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value as number) : null;
  if (big === null || !isInt64(big)) throw new TypeError(`not a 64-bit integer: ${String(value)}`);
  let zigzag = BigInt.asUintN(64, (big << 1n) ^ (big >> 63n));
  for (; zigzag > 0x7fn; zigzag >>= 7n) tap.buf[tap.pos++] = Number(zigzag & 0x7fn) | 0x80;
  tap.buf[tap.pos++] = Number(zigzag);
}

export function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

/** The one form in which an event holds an integer: a number up to 2^53, a bigint beyond. */
export function plainLong(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
