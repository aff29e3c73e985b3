const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const encoder = new TextEncoder();
const scratch = new Uint8Array(128);
/** Views of the scratch bytes by length. */
const lengths: Uint8Array[] = [];

/** Kafka's murmur2 of the UTF-8 bytes (org.apache.kafka.common.utils.Utils.murmur2), as an unsigned 31-bit number. */
export function murmur2(text: string): number {
  return hashBytes(bytesOf(text), SEED) & 0x7fffffff;
}

/** murmur2 with another seed; 32 bits, signed. */
export function hashBytes(bytes: Uint8Array, seed: number): number {
  const length = bytes.length;
  let h = (seed ^ length) | 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  const rest = length - i;
  if (rest >= 3) h ^= bytes[i + 2]! << 16;
  if (rest >= 2) h ^= bytes[i + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ bytes[i]!, M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

/** Short ASCII texts, which keys are, without the encoder's allocation. The answer is used up before the next call. */
function bytesOf(text: string): Uint8Array {
  const { length } = text;
  if (length > scratch.length) return encoder.encode(text);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return encoder.encode(text);
    scratch[i] = unit;
  }
  const view = lengths[length] ?? scratch.subarray(0, length);
  lengths[length] = view;
  return view;
}

/** The lane of a key: what Kafka's default partitioner answers, so that other producers agree. */
export function laneOf(key: string, lanes: number): number {
  return murmur2(key) % lanes;
}
