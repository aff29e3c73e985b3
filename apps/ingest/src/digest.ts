import { hash } from 'node:crypto';

const HEX_DIGITS = 12;

/** 48 bits of SHA-1 of the bytes, to tell a repeated id from a conflicting one; never 0, which says "not checked". */
export function digest(bytes: Uint8Array): number {
  return Number.parseInt(hash('sha1', bytes).slice(0, HEX_DIGITS), 16) || 1;
}
