import { Client, type types } from 'cassandra-driver';
import { ROUTE } from './document.ts';
import type { WindowValues } from './expected.ts';
import { windowKey } from './expected.ts';

export interface StoredWindow {
  readonly final: boolean;
  readonly values: WindowValues;
}

/** What Cassandra holds, as docs/results.md says that anybody may read it. */
export interface Stored {
  /** Ids of events that are listed in these hours. */
  listedEvents(fromMs: number, hours: number): Promise<Set<string>>;
  /** Of these ids those whose row is not there. */
  missingEvents(ids: readonly string[]): Promise<string[]>;
  missingDeadLetters(ids: readonly string[]): Promise<string[]>;
  missingAlerts(ids: readonly string[]): Promise<string[]>;
  /** Ids of alerts that are listed in these hours. */
  listedAlerts(fromMs: number, hours: number): Promise<Set<string>>;
  /** By `windowKey`. */
  windows(fromMs: number, hours: number): Promise<Map<string, StoredWindow>>;
  stop(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const SHARDS = '(0, 1, 2, 3, 4, 5, 6, 7)';
const NAMES = ['per_card', 'per_card_long', 'per_city'] as const;
const AT_ONCE = 64;
const PAGE = 5_000;

type Row = types.Row;

export function createStored(cassandra: string, keyspace: string, pipeline: string): Stored {
  const client = new Client({
    contactPoints: cassandra.split(','),
    localDataCenter: 'datacenter1',
    queryOptions: { prepare: true, isIdempotent: true, fetchSize: PAGE },
    socketOptions: { readTimeout: 20_000 },
    encoding: { useBigIntAsLong: true, map: Map },
  });

  async function all(query: string, parameters: readonly unknown[]): Promise<Row[]> {
    const rows: Row[] = [];
    let pageState: string | null = null;
    do {
      const page: types.ResultSet = await client.execute(query, [...parameters], {
        ...(pageState !== null && { pageState }),
      });
      rows.push(...page.rows);
      pageState = page.pageState ?? null;
    } while (pageState !== null);
    return rows;
  }

  async function listed(table: string, fromMs: number, hours: number): Promise<Set<string>> {
    const query = `SELECT id FROM ${keyspace}.${table} WHERE pipeline = ? AND bucket = ? AND shard IN ${SHARDS}`;
    const ids = new Set<string>();
    for (const bucket of buckets(fromMs, hours)) {
      for (const row of await all(query, [pipeline, bucket])) ids.add(row.id as string);
    }
    return ids;
  }

  async function missing(
    table: string,
    ids: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<string[]> {
    const where = ['pipeline = ?', 'id = ?', ...Object.keys(more).map((column) => `${column} = ?`)];
    const query = `SELECT id FROM ${keyspace}.${table} WHERE ${where.join(' AND ')}`;
    const absent: string[] = [];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const results = await Promise.all(
        some.map((id) => client.execute(query, [pipeline, id, ...Object.values(more)])),
      );
      absent.push(...some.filter((_, i) => results[i]!.rowLength === 0));
    }
    return absent;
  }

  return {
    listedEvents: (fromMs, hours) => listed('events_by_time', fromMs, hours),
    missingEvents: (ids) => missing('events', ids, { route: ROUTE }),
    missingDeadLetters: (ids) => missing('deadletters', ids),
    missingAlerts: (ids) => missing('alerts', ids),
    listedAlerts: (fromMs, hours) => listed('alerts_by_time', fromMs, hours),
    async windows(fromMs, hours) {
      const found = new Map<string, StoredWindow>();
      const query = `SELECT start, group_name, body FROM ${keyspace}.windows
        WHERE pipeline = ? AND name = ? AND bucket = ? AND shard IN ${SHARDS}`;
      for (const name of NAMES) {
        for (const bucket of buckets(fromMs, hours)) {
          for (const { start, group_name: group, body } of await all(query, [pipeline, name, bucket])) {
            const key = windowKey(name, group as string, (start as Date).getTime());
            found.set(key, latestOf(body as ReadonlyMap<bigint, string>));
          }
        }
      }
      return found;
    },
    stop: () => client.shutdown(),
  };
}

function buckets(fromMs: number, hours: number): Date[] {
  return Array.from({ length: hours }, (_, hour) => new Date(fromMs + hour * HOUR_MS));
}

/** Of the versions that lie side by side the one with the highest position, then the highest revision. */
function latestOf(body: ReadonlyMap<bigint, string>): StoredWindow {
  type Version = StoredWindow & { readonly position: number };
  const versions = [...body]
    .map(([revision, text]) => ({ revision: Number(revision), ...(JSON.parse(text) as Version) }))
    .sort((a, b) => a.position - b.position || a.revision - b.revision);
  return versions.at(-1)!;
}
