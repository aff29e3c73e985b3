import { laneOf } from '@millrace/lanes/murmur2';

/**
 * How the lists are cut into partitions. Never to be changed for a keyspace that holds rows: they would not be found.
 *
 * A list by time has SHARDS partitions an hour, so that no node takes all writes of the moment: 5,000 rows a second
 * make partitions of about 100 MB, which Cassandra handles well. A list of one key (or group) has one partition a day.
 */
export const SHARDS = 8;
export const TIME_BUCKET_MS = 3_600_000;
export const KEY_BUCKET_MS = 86_400_000;

/** The bucket's first millisecond. */
export function bucketOf(timeMs: number, bucketMs: number): number {
  return Math.floor(timeMs / bucketMs) * bucketMs;
}

/** @param identity of the row in its list, apart from the time */
export function shardOf(identity: string): number {
  return laneOf(identity, SHARDS);
}
