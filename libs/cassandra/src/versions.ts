import type { Version } from '@millrace/lanes/ports/results';

/**
 * How (position, revision) decides between two writes of a row, whenever they arrive.
 *
 * Cassandra keeps of a cell the one with the higher timestamp, a 64-bit integer. `position` has 53 bits of it, so the
 * timestamp is the position (plus one), exactly; what is left would not hold a revision. So a row's content is a map
 * with the revision as its key: an INSERT of a map covers what is older (with a tombstone of the timestamp less one)
 * and lies beside what has the same timestamp, and the reader takes the highest (position, revision) that is there.
 * The timestamps therefore only let Cassandra throw away what nobody would read: even where it has forgotten its
 * tombstone (`gc_grace_seconds` later) and a write from long ago returns, the reader is not misled.
 */
export function timestampOf({ position }: Version): bigint {
  // Plus one: Cassandra 5 has no room for tombstones before 0.
  return BigInt(position) + 1n;
}

export function isNewer(version: Version, than: Version): boolean {
  if (version.position !== than.position) return version.position > than.position;
  return version.revision > than.revision;
}
