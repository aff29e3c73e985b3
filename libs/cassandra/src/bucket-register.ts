import type { Client } from 'cassandra-driver';

/** Buckets that a process remembers to have registered. */
const REMEMBERED_MAX = 20_000;
/** With a retention, a bucket that is still written to is registered again by then. */
const REFRESH_MS = 3_600_000;
const MS_PER_S = 1_000;

/**
 * Which buckets of a list hold rows, so that readers find those of 2001 without looking at all the years since.
 * Written once per bucket and process, before the bucket's first row: a crash in between leaves an empty bucket, which
 * costs a reader a look.
 */
export interface BucketRegister {
  /** Resolves when readers will find the bucket. */
  ensure(pipeline: string, listing: string, bucket: number, retentionMs: number): Promise<void>;
  /** At most `limit` buckets from `from` to `to`, both inclusive, ascending or with `newest` descending. */
  buckets(query: BucketQuery): Promise<number[]>;
}

export interface BucketQuery {
  readonly pipeline: string;
  readonly listing: string;
  readonly from: number;
  readonly to: number;
  readonly newest: boolean;
  readonly limit: number;
}

export function createBucketRegister(client: Client, keyspace: string): BucketRegister {
  /** When it was registered, or is about to be; the oldest first. */
  const known = new Map<string, { readonly at: number; readonly done: Promise<unknown> }>();
  const insert = `INSERT INTO ${keyspace}.buckets (pipeline, listing, bucket) VALUES (?, ?, ?) USING TTL ?`;
  const select = (order: 'ASC' | 'DESC') =>
    `SELECT bucket FROM ${keyspace}.buckets WHERE pipeline = ? AND listing = ? AND bucket >= ? AND bucket <= ? ` +
    `ORDER BY bucket ${order} LIMIT ?`;
  const ascending = select('ASC');
  const descending = select('DESC');

  return {
    async ensure(pipeline, listing, bucket, retentionMs) {
      const name = `${pipeline}\n${listing}\n${bucket}`;
      const now = performance.now();
      const held = known.get(name);
      if (held && (retentionMs === 0 || now - held.at < REFRESH_MS)) {
        await held.done;
        return;
      }
      // It has to outlive the last row that is written before it is registered again.
      const ttlS = retentionMs === 0 ? 0 : Math.ceil((retentionMs + 2 * REFRESH_MS) / MS_PER_S);
      const done = client.execute(insert, [pipeline, listing, bucket, ttlS]);
      const entry = { at: now, done };
      known.delete(name);
      known.set(name, entry);
      if (known.size > REMEMBERED_MAX) known.delete(known.keys().next().value!);
      try {
        await done;
      } catch (error) {
        if (known.get(name) === entry) known.delete(name);
        throw error;
      }
    },
    async buckets({ pipeline, listing, from, to, newest, limit }) {
      const params = [pipeline, listing, from, to, limit];
      const { rows } = await client.execute(newest ? descending : ascending, params);
      return rows.map((row) => (row.bucket as Date).getTime());
    },
  };
}
