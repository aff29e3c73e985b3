import { createHash } from 'node:crypto';

/**
 * Binary keys whose bytes sort as their parts do. The first byte says what is stored; a text part ends with two
 * zero bytes, so that a shorter text sorts first and no part runs into the next.
 */

/** What is stored under a key; the values are on disks, never change them. */
export const SPACE = {
  meta: 1,
  chunk: 2,
  laneStart: 3,
  position: 4,
  stateHead: 5,
  stateDelta: 6,
  stateBase: 7,
  windowByStart: 8,
  alert: 10,
  alertByTime: 11,
  event: 12,
  eventByTime: 13,
  eventByKey: 14,
  deadLetter: 15,
  deadLetterByTime: 16,
  schema: 17,
  subject: 18,
} as const;

/** Longer texts are cut and end with their hash: still unique, and sorted by what is left. */
const MAX_TEXT_BYTES = 256;
const CUT_BYTES = 192;
/** LMDB takes 1978 bytes at a page size of 4096; four escaped texts and numbers stay below. */
const MAX_KEY_BYTES = 1978;
const TWO_32 = 2 ** 32;
const SIGN = 2 ** 31;

const scratch = Buffer.alloc(4 * MAX_KEY_BYTES);
let at = 0;

export interface KeyBuilder {
  text(text: string): KeyBuilder;
  /** Any safe integer, negative ones first. */
  integer(value: number): KeyBuilder;
  /** The key as a buffer of its own. */
  end(): Buffer;
}

const builder: KeyBuilder = {
  text(text) {
    const start = at;
    const length = scratch.write(text, at, 'utf8');
    if (length > MAX_TEXT_BYTES) {
      const hash = createHash('sha256').update(text).digest('hex');
      at = start + CUT_BYTES;
      at += scratch.write(hash, at, 'latin1');
    } else {
      at += length;
    }
    if (text.includes('\0')) escapeZeros(start);
    scratch[at++] = 0;
    scratch[at++] = 0;
    return builder;
  },
  integer(value) {
    const high = Math.floor(value / TWO_32);
    scratch.writeUInt32BE(high + SIGN, at);
    scratch.writeUInt32BE(value - high * TWO_32, at + 4);
    at += 8;
    return builder;
  },
  end() {
    if (at > MAX_KEY_BYTES) throw new RangeError(`a key of ${at} bytes; ${MAX_KEY_BYTES} are possible`);
    const key = Buffer.allocUnsafe(at);
    scratch.copy(key, 0, 0, at);
    return key;
  },
};

/** Starts a key; only one is built at a time. */
export function key(space: number): KeyBuilder {
  scratch[0] = space;
  at = 1;
  return builder;
}

/** A zero in a text becomes 0 255, which sorts after the end of the text. */
function escapeZeros(start: number): void {
  const raw = Buffer.from(scratch.subarray(start, at));
  at = start;
  for (const byte of raw) {
    scratch[at++] = byte;
    if (byte === 0) scratch[at++] = 255;
  }
}

/** The first key after all that begin with `prefix`. */
export function after(prefix: Uint8Array): Buffer {
  const end = Buffer.from(prefix);
  let last = end.length - 1;
  while (end[last] === 255) last--;
  end[last] = end[last]! + 1;
  return end.subarray(0, last + 1);
}

/** Reads a number that `integer` wrote, from its first byte on. */
export function integerAt(encoded: Uint8Array, offset: number): number {
  const view = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  return (view.readUInt32BE(offset) - SIGN) * TWO_32 + view.readUInt32BE(offset + 4);
}

/** A number as `integer` writes it, without a key around it. */
export function integerBytes(value: number): Buffer {
  return key(0).integer(value).end().subarray(1);
}
