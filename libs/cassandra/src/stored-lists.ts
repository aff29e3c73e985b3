import type { Client, types } from 'cassandra-driver';
import type { BucketRegister } from './bucket-register.ts';
import { KEY_BUCKET_MS, SHARDS, TIME_BUCKET_MS } from './buckets.ts';
import type { StoredList } from './list-walk.ts';
import type { Place } from './place.ts';
import { LISTING } from './statements.ts';

/** The lists of a keyspace, for queries in one direction. */
export interface StoredLists {
  windows(pipeline: string, name: string, newest: boolean): StoredList;
  windowsOfGroup(pipeline: string, name: string, group: string, newest: boolean): StoredList;
  alerts(pipeline: string): StoredList;
  events(pipeline: string): StoredList;
  eventsOfKey(pipeline: string, key: string): StoredList;
  deadLetters(pipeline: string): StoredList;
}

interface ListTable {
  readonly table: string;
  readonly partition: readonly string[];
  /** The time first. */
  readonly clustering: readonly string[];
  readonly values?: readonly string[];
}

const WINDOWS: ListTable = {
  table: 'windows',
  partition: ['pipeline', 'name', 'bucket', 'shard'],
  clustering: ['start', 'group_name'],
  values: ['body'],
};
const WINDOWS_BY_GROUP: ListTable = {
  table: 'windows_by_group',
  partition: ['pipeline', 'name', 'group_name', 'bucket'],
  clustering: ['start'],
  values: ['body'],
};
const TIMED = ['pipeline', 'bucket', 'shard'];
const ALERTS: ListTable = { table: 'alerts_by_time', partition: TIMED, clustering: ['time', 'id'] };
const EVENTS: ListTable = { table: 'events_by_time', partition: TIMED, clustering: ['time', 'id', 'route'] };
const EVENTS_BY_KEY: ListTable = {
  table: 'events_by_key',
  partition: ['pipeline', 'key', 'bucket'],
  clustering: ['time', 'id', 'route'],
};
const DEAD_LETTERS: ListTable = {
  table: 'deadletters_by_time',
  partition: TIMED,
  clustering: ['time', 'id'],
};

export function createStoredLists(client: Client, keyspace: string, register: BucketRegister): StoredLists {
  function stored(
    { table, partition, clustering, values = [] }: ListTable,
    pipeline: string,
    listing: string,
    newest: boolean,
    cut: Pick<StoredList, 'bucketMs' | 'shards'>,
    partitionOf: (bucket: number, shard: number) => readonly unknown[],
  ): StoredList {
    const order = newest ? 'DESC' : 'ASC';
    const place = clustering.join(', ');
    const marks = clustering.map(() => '?').join(', ');
    const query =
      `SELECT ${[...clustering, ...values].join(', ')} FROM ${keyspace}.${table} ` +
      `WHERE ${partition.map((column) => `${column} = ?`).join(' AND ')} ` +
      `AND (${place}) >= (${marks}) AND (${place}) < (${marks}) ` +
      `ORDER BY ${clustering.map((column) => `${column} ${order}`).join(', ')} LIMIT ?`;
    return {
      ...cut,
      buckets: (from, to, limit) => register.buckets({ pipeline, listing, from, to, newest, limit }),
      async rows(bucket, shard, { lower, upper }, limit) {
        const result = await client.execute(query, [
          ...partitionOf(bucket, shard),
          ...lower,
          ...upper,
          limit,
        ]);
        return result.rows;
      },
      placeOf: (row) => placeOf(row, clustering),
    };
  }

  const byTime = { bucketMs: TIME_BUCKET_MS, shards: SHARDS };
  const byKey = { bucketMs: KEY_BUCKET_MS, shards: 1 };
  const timed = (table: ListTable, pipeline: string, listing: string) =>
    stored(table, pipeline, listing, true, byTime, (bucket, shard) => [pipeline, bucket, shard]);

  return {
    windows: (pipeline, name, newest) =>
      stored(WINDOWS, pipeline, LISTING.windows(name), newest, byTime, (bucket, shard) => [
        pipeline,
        name,
        bucket,
        shard,
      ]),
    windowsOfGroup: (pipeline, name, group, newest) =>
      stored(WINDOWS_BY_GROUP, pipeline, LISTING.windowsByGroup(name), newest, byKey, (bucket) => [
        pipeline,
        name,
        group,
        bucket,
      ]),
    alerts: (pipeline) => timed(ALERTS, pipeline, LISTING.alerts),
    events: (pipeline) => timed(EVENTS, pipeline, LISTING.events),
    eventsOfKey: (pipeline, key) =>
      stored(EVENTS_BY_KEY, pipeline, LISTING.eventsByKey, true, byKey, (bucket) => [pipeline, key, bucket]),
    deadLetters: (pipeline) => timed(DEAD_LETTERS, pipeline, LISTING.deadLetters),
  };
}

function placeOf(row: types.Row, clustering: readonly string[]): Place {
  const [time, ...rest] = clustering;
  return [(row[time!] as Date).getTime(), ...rest.map((column) => row[column] as string)];
}
