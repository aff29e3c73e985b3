/** A step of the tables' history: what has been released never changes. */
export interface Migration {
  readonly number: number;
  /** Statements that may run again. `{keyspace}.` stands before every table. */
  readonly statements: readonly string[];
}

/**
 * docs/results.md says what they hold. No compaction, compression or gc_grace_seconds: the cluster's own defaults hold,
 * and who operates it may alter them. (TimeWindowCompactionStrategy does not fit: the rows' timestamps are versions.)
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    statements: [
      `CREATE TABLE IF NOT EXISTS {keyspace}.buckets (
        pipeline text, listing text, bucket timestamp,
        PRIMARY KEY ((pipeline, listing), bucket)
      ) WITH CLUSTERING ORDER BY (bucket DESC)`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.windows (
        pipeline text, name text, bucket timestamp, shard int, start timestamp, group_name text,
        body map<bigint, text>,
        PRIMARY KEY ((pipeline, name, bucket, shard), start, group_name)
      ) WITH CLUSTERING ORDER BY (start DESC, group_name DESC)`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.windows_by_group (
        pipeline text, name text, group_name text, bucket timestamp, start timestamp,
        body map<bigint, text>,
        PRIMARY KEY ((pipeline, name, group_name, bucket), start)
      ) WITH CLUSTERING ORDER BY (start DESC)`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.alerts (
        pipeline text, id text,
        body map<bigint, text>,
        PRIMARY KEY ((pipeline, id))
      )`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.alerts_by_time (
        pipeline text, bucket timestamp, shard int, time timestamp, id text,
        PRIMARY KEY ((pipeline, bucket, shard), time, id)
      ) WITH CLUSTERING ORDER BY (time DESC, id DESC)`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.alerts_by_group (
        pipeline text, group_name text, bucket timestamp, time timestamp, id text,
        PRIMARY KEY ((pipeline, group_name, bucket), time, id)
      ) WITH CLUSTERING ORDER BY (time DESC, id DESC)`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.events (
        pipeline text, id text, route text,
        body map<bigint, text>,
        PRIMARY KEY ((pipeline, id, route))
      )`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.events_by_time (
        pipeline text, bucket timestamp, shard int, time timestamp, id text, route text,
        PRIMARY KEY ((pipeline, bucket, shard), time, id, route)
      ) WITH CLUSTERING ORDER BY (time DESC, id DESC, route DESC)`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.events_by_key (
        pipeline text, key text, bucket timestamp, time timestamp, id text, route text,
        PRIMARY KEY ((pipeline, key, bucket), time, id, route)
      ) WITH CLUSTERING ORDER BY (time DESC, id DESC, route DESC)`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.deadletters (
        pipeline text, id text,
        body map<bigint, text>, payload map<bigint, blob>, removed map<bigint, bigint>,
        PRIMARY KEY ((pipeline, id))
      )`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.deadletters_by_time (
        pipeline text, bucket timestamp, shard int, time timestamp, id text,
        PRIMARY KEY ((pipeline, bucket, shard), time, id)
      ) WITH CLUSTERING ORDER BY (time DESC, id DESC)`,
      `CREATE TABLE IF NOT EXISTS {keyspace}.deadletters_by_key (
        pipeline text, key text, bucket timestamp, time timestamp, id text,
        PRIMARY KEY ((pipeline, key, bucket), time, id)
      ) WITH CLUSTERING ORDER BY (time DESC, id DESC)`,
    ],
  },
];
