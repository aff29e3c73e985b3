import { hashBytes } from './murmur2.ts';

/** Two seeds for two hashes that have nothing to do with each other. */
const HIGH_SEED = 0x3c6ef372;
const LOW_SEED = 0x1f83d9ab;

/**
 * 48 bits of hash of the bytes, to tell a repeated id from a conflicting one; never 0, which says "not checked".
 * Not for secrets: whoever can send an id can send its bytes as well.
 */
export function digest(bytes: Uint8Array): number {
  const high = hashBytes(bytes, HIGH_SEED) & 0xffff;
  const low = hashBytes(bytes, LOW_SEED) >>> 0;
  return high * 2 ** 32 + low || 1;
}
