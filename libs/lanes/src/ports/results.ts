import type { Alert, WindowResult } from '../made.ts';

/**
 * Port: the results that people query. Embedded: LMDB; distributed: Cassandra. Rows are identified by content
 * (`rowKey`), and of two writes to a row the one with the higher version stays, in whatever order they arrive.
 */
export interface ResultStore {
  /** Durable when it resolves. Idempotent. */
  write(rows: readonly ResultRow[]): Promise<void>;

  /** Rows ascending by (start, group); descending with `newest`. */
  windows(query: WindowQuery): Promise<Page<WindowRow>>;
  /** Newest first by (time, id). */
  alerts(query: TimeQuery): Promise<Page<AlertRow>>;
  /** Newest first by (time, id); with `key`, only that key's. */
  events(query: TimeQuery & { readonly key?: string }): Promise<Page<EventRow>>;
  /** Newest first by (time, id). */
  deadLetters(query: TimeQuery): Promise<Page<DeadLetterRow>>;
  deadLetter(pipeline: string, id: string): Promise<DeadLetterRow | null>;
  /** Takes a dead letter from the list (it was replayed or discarded). */
  removeDeadLetter(pipeline: string, id: string): Promise<void>;
}

/** Milliseconds; `from` inclusive, `to` exclusive. `after` is the `next` of the page before. */
export interface TimeQuery {
  readonly pipeline: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly after?: string;
}

export interface WindowQuery extends TimeQuery {
  readonly name: string;
  readonly group?: string;
  /** The latest first. A page's `next` belongs to the direction that it was read in. */
  readonly newest?: boolean;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Null: that was the last page. */
  readonly next: string | null;
}

/** Compared as (position, revision). `position` = generation · 2^40 + offset in the writer's input lane. */
export interface Version {
  readonly position: number;
  readonly revision: number;
}

export type ResultRow = WindowRow | AlertRow | EventRow | DeadLetterRow;

interface Row {
  readonly pipeline: string;
  readonly version: Version;
}

/** Identified by (name, group, start). */
export interface WindowRow extends Row, WindowResult {
  readonly table: 'windows';
}

/** Identified by id: the same cause gives the same id. */
export interface AlertRow extends Row, Alert {
  readonly table: 'alerts';
}

/** Identified by (route, id). */
export interface EventRow extends Row {
  readonly table: 'events';
  readonly route: string;
  readonly id: string;
  readonly key: string;
  readonly time: number;
  readonly event: Readonly<Record<string, unknown>>;
}

/** Identified by id = `EVENT_ID/STAGE/ATTEMPT`; conflicts have a hash of the bytes in it as well. */
export interface DeadLetterRow extends Row {
  readonly table: 'deadletters';
  readonly id: string;
  readonly eventId: string;
  readonly key: string;
  /** `ingest`, `validate`, `enrich`, `aggregate`, `merge` or `sink:NAME`. */
  readonly stage: string;
  readonly attempt: number;
  readonly code: string;
  readonly message: string;
  /** Ingest time: when it came in. */
  readonly time: number;
  readonly source: string;
  readonly contentType: string;
  /** Of the trace that the event was sampled for, 32 hex digits; empty: it was not. */
  readonly traceId: string;
  /** What the refusing stage was given: the original bytes for ingest and validate, Avro from then on. */
  readonly payload: Uint8Array;
}

/** What identifies a row of a pipeline: two rows with the same key are two versions of one. */
export function rowKey(row: ResultRow): string {
  switch (row.table) {
    case 'windows':
      return `windows/${row.name}/${row.start}/${row.group}`;
    case 'events':
      return `events/${row.route}/${row.id}`;
    default:
      return `${row.table}/${row.id}`;
  }
}
