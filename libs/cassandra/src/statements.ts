import type { AlertRow, DeadLetterRow, EventRow, ResultRow, WindowRow } from '@millrace/lanes/ports/results';
import { bucketOf, KEY_BUCKET_MS, shardOf, TIME_BUCKET_MS } from './buckets.ts';
import type { Retention } from './options.ts';
import { writeBody } from './row-text.ts';
import { timestampOf } from './versions.ts';

/** A write to one partition of one table, which may be repeated and may arrive in any order. */
export interface Statement {
  /** Statements of the same partition go out together. */
  readonly partition: string;
  readonly query: string;
  readonly params: readonly unknown[];
  readonly bytes: number;
}

/** A bucket that readers have to find before the row is in it. */
export interface Placed {
  readonly pipeline: string;
  readonly listing: string;
  readonly bucket: number;
  readonly retentionMs: number;
}

/** What writing a row takes. */
export interface RowWrites {
  readonly statements: readonly Statement[];
  readonly places: readonly Placed[];
}

type DeadLetterPlace = Pick<DeadLetterRow, 'pipeline' | 'id' | 'key' | 'time' | 'version'>;

export interface Statements {
  of(row: ResultRow): RowWrites;
  /** Marks this version of the dead letter, and those before it, as removed. */
  removal(row: DeadLetterPlace): Statement;
  /** Takes the removed version from the lists. */
  unlisting(row: DeadLetterPlace): readonly Statement[];
}

/** The names of lists in `buckets`. */
export const LISTING = {
  windows: (name: string) => `windows/${name}`,
  windowsByGroup: (name: string) => `windows_by_group/${name}`,
  alerts: 'alerts_by_time',
  alertsByGroup: 'alerts_by_group',
  events: 'events_by_time',
  eventsByKey: 'events_by_key',
  deadLetters: 'deadletters_by_time',
  deadLettersByKey: 'deadletters_by_key',
} as const;

const MS_PER_S = 1_000;

export function createStatements(keyspace: string, retention: Retention): Statements {
  /** `key`: the primary key's columns, of which the first `width` are the partition. */
  function insert(table: string, width: number, columns: readonly string[]) {
    const marks = columns.map(() => '?').join(', ');
    const query =
      `INSERT INTO ${keyspace}.${table} (${columns.join(', ')}) VALUES (${marks}) ` +
      'USING TIMESTAMP ? AND TTL ?';
    return (row: ResultRow, ttlS: number, values: readonly unknown[]): Statement => ({
      partition: JSON.stringify([table, ...values.slice(0, width)]),
      query,
      params: [...values, timestampOf(row.version), ttlS],
      bytes: sizeOf(values),
    });
  }

  const window = insert('windows', 4, ['pipeline', 'name', 'bucket', 'shard', 'start', 'group_name', 'body']);
  const windowByGroup = insert('windows_by_group', 4, [
    'pipeline',
    'name',
    'group_name',
    'bucket',
    'start',
    'body',
  ]);
  const alert = insert('alerts', 2, ['pipeline', 'id', 'body']);
  const alertByTime = insert('alerts_by_time', 3, ['pipeline', 'bucket', 'shard', 'time', 'id']);
  const alertByGroup = insert('alerts_by_group', 3, ['pipeline', 'group_name', 'bucket', 'time', 'id']);
  const event = insert('events', 3, ['pipeline', 'id', 'route', 'body']);
  const eventByTime = insert('events_by_time', 3, ['pipeline', 'bucket', 'shard', 'time', 'id', 'route']);
  const eventByKey = insert('events_by_key', 3, ['pipeline', 'key', 'bucket', 'time', 'id', 'route']);
  const deadLetter = insert('deadletters', 2, ['pipeline', 'id', 'body', 'payload']);
  const deadLetterByTime = insert('deadletters_by_time', 3, ['pipeline', 'bucket', 'shard', 'time', 'id']);
  const deadLetterByKey = insert('deadletters_by_key', 3, ['pipeline', 'key', 'bucket', 'time', 'id']);

  function windowWrites(row: WindowRow): RowWrites {
    const { pipeline, name, group, start } = row;
    const retentionMs = retention.windowsMs ?? 0;
    const ttlS = secondsOf(retentionMs);
    const body = writeBody(row);
    const hour = bucketOf(start, TIME_BUCKET_MS);
    const day = bucketOf(start, KEY_BUCKET_MS);
    return {
      statements: [
        window(row, ttlS, [pipeline, name, hour, shardOf(group), start, group, body]),
        windowByGroup(row, ttlS, [pipeline, name, group, day, start, body]),
      ],
      places: [
        { pipeline, listing: LISTING.windows(name), bucket: hour, retentionMs },
        { pipeline, listing: LISTING.windowsByGroup(name), bucket: day, retentionMs },
      ],
    };
  }

  function alertWrites(row: AlertRow): RowWrites {
    const { pipeline, id, group, time } = row;
    const retentionMs = retention.alertsMs ?? 0;
    const ttlS = secondsOf(retentionMs);
    const hour = bucketOf(time, TIME_BUCKET_MS);
    const day = bucketOf(time, KEY_BUCKET_MS);
    return {
      statements: [
        alert(row, ttlS, [pipeline, id, writeBody(row)]),
        alertByTime(row, ttlS, [pipeline, hour, shardOf(id), time, id]),
        alertByGroup(row, ttlS, [pipeline, group, day, time, id]),
      ],
      places: [
        { pipeline, listing: LISTING.alerts, bucket: hour, retentionMs },
        { pipeline, listing: LISTING.alertsByGroup, bucket: day, retentionMs },
      ],
    };
  }

  function eventWrites(row: EventRow): RowWrites {
    const { pipeline, id, route, key, time } = row;
    const retentionMs = retention.eventsMs ?? 0;
    const ttlS = secondsOf(retentionMs);
    const hour = bucketOf(time, TIME_BUCKET_MS);
    const day = bucketOf(time, KEY_BUCKET_MS);
    return {
      statements: [
        event(row, ttlS, [pipeline, id, route, writeBody(row)]),
        eventByTime(row, ttlS, [pipeline, hour, shardOf(id), time, id, route]),
        eventByKey(row, ttlS, [pipeline, key, day, time, id, route]),
      ],
      places: [
        { pipeline, listing: LISTING.events, bucket: hour, retentionMs },
        { pipeline, listing: LISTING.eventsByKey, bucket: day, retentionMs },
      ],
    };
  }

  function deadLetterWrites(row: DeadLetterRow): RowWrites {
    const { pipeline, id, key, time, payload } = row;
    const retentionMs = retention.deadLettersMs ?? 0;
    const ttlS = secondsOf(retentionMs);
    const hour = bucketOf(time, TIME_BUCKET_MS);
    const day = bucketOf(time, KEY_BUCKET_MS);
    const payloads = new Map([[BigInt(row.version.revision), Buffer.from(payload)]]);
    return {
      statements: [
        deadLetter(row, ttlS, [pipeline, id, writeBody(row), payloads]),
        deadLetterByTime(row, ttlS, [pipeline, hour, shardOf(id), time, id]),
        deadLetterByKey(row, ttlS, [pipeline, key, day, time, id]),
      ],
      places: [
        { pipeline, listing: LISTING.deadLetters, bucket: hour, retentionMs },
        { pipeline, listing: LISTING.deadLettersByKey, bucket: day, retentionMs },
      ],
    };
  }

  return {
    of(row) {
      switch (row.table) {
        case 'windows':
          return windowWrites(row);
        case 'alerts':
          return alertWrites(row);
        case 'events':
          return eventWrites(row);
        case 'deadletters':
          return deadLetterWrites(row);
      }
    },
    removal: (row) => removalOf(keyspace, row, secondsOf(retention.deadLettersMs ?? 0)),
    unlisting: (row) => unlistingOf(keyspace, row),
  };
}

/**
 * A mark, not a deletion: Cassandra forgets a deletion after `gc_grace_seconds`, and what is computed again after that
 * would bring the dead letter back. The content goes.
 */
function removalOf(keyspace: string, { pipeline, id, version }: DeadLetterPlace, ttlS: number): Statement {
  const revision = BigInt(version.revision);
  return {
    partition: JSON.stringify(['deadletters', pipeline, id]),
    query:
      `UPDATE ${keyspace}.deadletters USING TIMESTAMP ? AND TTL ? ` +
      'SET removed = ?, body[?] = null, payload[?] = null WHERE pipeline = ? AND id = ?',
    params: [
      timestampOf(version),
      ttlS,
      new Map([[revision, BigInt(version.position)]]),
      revision,
      revision,
      pipeline,
      id,
    ],
    bytes: id.length,
  };
}

/** A later version of the row, which has a higher position, is listed again. */
function unlistingOf(keyspace: string, { pipeline, id, key, time, version }: DeadLetterPlace): Statement[] {
  const deletion = (table: string, columns: readonly string[], values: readonly unknown[]): Statement => ({
    partition: JSON.stringify([table, ...values.slice(0, 3)]),
    query:
      `DELETE FROM ${keyspace}.${table} USING TIMESTAMP ? ` +
      `WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')}`,
    params: [timestampOf(version), ...values],
    bytes: id.length,
  });
  const hour = bucketOf(time, TIME_BUCKET_MS);
  const day = bucketOf(time, KEY_BUCKET_MS);
  return [
    deletion(
      'deadletters_by_time',
      ['pipeline', 'bucket', 'shard', 'time', 'id'],
      [pipeline, hour, shardOf(id), time, id],
    ),
    deletion(
      'deadletters_by_key',
      ['pipeline', 'key', 'bucket', 'time', 'id'],
      [pipeline, key, day, time, id],
    ),
  ];
}

/** 0: it stays. */
function secondsOf(retentionMs: number): number {
  return Math.ceil(retentionMs / MS_PER_S);
}

/** Of texts and bytes, roughly. */
function sizeOf(values: readonly unknown[]): number {
  let bytes = 0;
  for (const value of values) {
    if (typeof value === 'string' || value instanceof Uint8Array) bytes += value.length;
    else if (value instanceof Map) bytes += sizeOf([...value.values()]);
    else bytes += 8;
  }
  return bytes;
}
