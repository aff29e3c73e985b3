import type { types } from 'cassandra-driver';
import { bucketOf } from './buckets.ts';
import { behind, comparePlaces, type Place } from './place.ts';

/** A list as it is stored: in buckets of time, each in one or more partitions. */
export interface StoredList {
  readonly bucketMs: number;
  /** Partitions of a bucket. */
  readonly shards: number;
  /** Buckets that there are, from `from` to `to` inclusive, in the walk's direction. */
  buckets(from: number, to: number, limit: number): Promise<number[]>;
  /** Rows of a partition in [lower, upper), in the walk's direction. */
  rows(bucket: number, shard: number, stretch: Stretch, limit: number): Promise<readonly types.Row[]>;
  placeOf(row: types.Row): Place;
}

/** `lower` is inclusive, `upper` is not. */
export interface Stretch {
  readonly lower: Place;
  readonly upper: Place;
}

export interface Found {
  readonly place: Place;
  readonly row: types.Row;
}

/** Partitions that are read at once where the buckets turn out to hold little. */
const PARTITIONS_AT_ONCE_MAX = 128;
const BUCKETS_ASKED = 256;
/** Rows asked of a partition at a time. */
const CHUNK_MIN = 8;
const CHUNK_MAX = 1_000;

/**
 * The list's rows in order. Buckets follow one another in time; within one the partitions are merged.
 * @param wanted rows that the reader thinks it will take: how much is read ahead
 */
export async function* walk(
  list: StoredList,
  stretch: Stretch,
  newest: boolean,
  wanted: number,
): AsyncGenerator<Found> {
  let left = wanted;
  let together = 1;
  const togetherMax = Math.max(1, Math.floor(PARTITIONS_AT_ONCE_MAX / list.shards));
  for await (const buckets of bucketsOf(list, stretch, newest)) {
    for (let at = 0; at < buckets.length; ) {
      const group = buckets.slice(at, at + together);
      const chunk = Math.ceil((Math.max(1, left) * 1.2) / (group.length * list.shards));
      const size = Math.min(CHUNK_MAX, Math.max(CHUNK_MIN, chunk));
      const opened = group.map((bucket) => partitionsOf(list, bucket, stretch, newest, size));
      for (const partitions of opened) {
        for await (const found of merged(partitions, newest)) {
          left--;
          yield found;
        }
      }
      at += group.length;
      together = Math.min(together * 2, togetherMax);
    }
  }
}

/** Batches of the buckets that have something in the stretch. */
async function* bucketsOf(list: StoredList, stretch: Stretch, newest: boolean): AsyncGenerator<number[]> {
  const { bucketMs } = list;
  let from = bucketOf(stretch.lower[0], bucketMs);
  let to = bucketOf(stretch.upper[0], bucketMs);
  for (;;) {
    const buckets = await list.buckets(from, to, BUCKETS_ASKED);
    yield buckets;
    if (buckets.length < BUCKETS_ASKED) return;
    if (newest) to = buckets.at(-1)! - bucketMs;
    else from = buckets.at(-1)! + bucketMs;
  }
}

/** A partition, whose first rows are on their way. */
interface Partition {
  /** Its next row, where that is here; null at its end. */
  peek(): Found | null | Promise<Found | null>;
  drop(): void;
}

function partitionsOf(
  list: StoredList,
  bucket: number,
  stretch: Stretch,
  newest: boolean,
  size: number,
): Partition[] {
  return Array.from({ length: list.shards }, (_, shard) =>
    openPartition((rest) => list.rows(bucket, shard, rest, size), list.placeOf, stretch, newest, size),
  );
}

function openPartition(
  read: (stretch: Stretch) => Promise<readonly types.Row[]>,
  placeOf: StoredList['placeOf'],
  stretch: Stretch,
  newest: boolean,
  size: number,
): Partition {
  let held: readonly Found[] = [];
  let at = 0;
  let reading: Promise<readonly types.Row[]> | null = read(stretch);
  // Awaited when its turn comes, which may be never.
  reading.catch(() => {});

  async function fill(): Promise<Found | null> {
    const rows = await reading!;
    held = rows.map((row) => ({ place: placeOf(row), row }));
    at = 0;
    reading = null;
    return held[0] ?? null;
  }

  return {
    peek() {
      if (reading !== null) return fill();
      if (at < held.length) return held[at]!;
      const last = held.at(-1);
      if (!last || held.length < size) return null;
      reading = read(newest ? { ...stretch, upper: last.place } : { ...stretch, lower: behind(last.place) });
      return fill();
    },
    drop() {
      at++;
    },
  };
}

async function* merged(partitions: readonly Partition[], newest: boolean): AsyncGenerator<Found> {
  for (;;) {
    let best: Found | null = null;
    let source: Partition | null = null;
    for (const partition of partitions) {
      const peeked = partition.peek();
      const found = peeked instanceof Promise ? await peeked : peeked;
      if (found === null) continue;
      if (best !== null) {
        const order: number = comparePlaces(found.place, best.place);
        if (newest ? order <= 0 : order >= 0) continue;
      }
      best = found;
      source = partition;
    }
    if (best === null) return;
    source!.drop();
    yield best;
  }
}
