const SEED = 0x9747b28c;
const M = 0x5bd1e995;
const encoder = new TextEncoder();

/** Kafka's murmur2 of the UTF-8 bytes (org.apache.kafka.common.utils.Utils.murmur2), as an unsigned 31-bit number. */
export function murmur2(text: string): number {
  const bytes = encoder.encode(text);
  const length = bytes.length;
  let h = (SEED ^ length) | 0;
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
  return (h ^ (h >>> 15)) & 0x7fffffff;
}

/** The lane of a key: what Kafka's default partitioner answers, so that other producers agree. */
export function laneOf(key: string, lanes: number): number {
  return murmur2(key) % lanes;
}
