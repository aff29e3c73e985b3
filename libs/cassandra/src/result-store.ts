import type {
  AlertRow,
  DeadLetterRow,
  EventRow,
  Page,
  ResultRow,
  ResultStore,
  TimeQuery,
  WindowQuery,
  WindowRow,
} from '@millrace/lanes/ports/results';
import type { Client, types } from 'cassandra-driver';
import pLimit from 'p-limit';
import type { BucketRegister } from './bucket-register.ts';
import { failureOf } from './failure.ts';
import { type Found, type StoredList, type Stretch, walk } from './list-walk.ts';
import { behind, firstAt, type Place, readCursor, writeCursor } from './place.ts';
import { type Body, readAlert, readDeadLetter, readEvent, readWindow } from './row-text.ts';
import type { RowWriter } from './row-writer.ts';
import type { Statements } from './statements.ts';
import type { StoredLists } from './stored-lists.ts';

/** A page has no more rows than this, whatever is asked for. */
const PAGE_ROWS_MAX = 10_000;
/** Rows that are read by their identity at once. */
const READS_IN_FLIGHT_MAX = 64;
/** Times that a row can have lie within. */
const EARLIEST = -8.64e15;
const LATEST = 8.64e15;

export interface ResultStoreParts {
  readonly client: Client;
  readonly keyspace: string;
  readonly register: BucketRegister;
  readonly lists: StoredLists;
  readonly statements: Statements;
  readonly writer: RowWriter;
}

export function createResultStore(parts: ResultStoreParts): ResultStore {
  const { lists, statements, writer } = parts;
  const rows = createRowReader(parts);

  return {
    write: (written) => doing('write results', () => writer.write(written.map(statements.of))),
    windows: (query) =>
      doing('read windows', () =>
        query.group === undefined ? windows(query) : windowsOfGroup(query, query.group),
      ),
    alerts: (query) =>
      doing('read alerts', () =>
        listed<AlertRow>(lists.alerts(query.pipeline), 2, query, async ([time, id]) => {
          const row = await rows.alert(query.pipeline, id!);
          return row?.time === time ? row : null;
        }),
      ),
    events: (query) => doing('read events', () => events(query)),
    deadLetters: (query) =>
      doing('read dead letters', () =>
        listed<DeadLetterRow>(lists.deadLetters(query.pipeline), 2, query, async ([time, id]) => {
          const row = await rows.deadLetter(query.pipeline, id!);
          return row?.time === time ? row : null;
        }),
      ),
    deadLetter: (pipeline, id) => doing('read a dead letter', () => rows.deadLetter(pipeline, id)),
    removeDeadLetter: (pipeline, id) =>
      doing('remove a dead letter', async () => {
        const row = await rows.deadLetter(pipeline, id);
        if (row === null) return;
        // The mark first: what is still listed without its row is not shown.
        await writer.inOrder([statements.removal(row), ...statements.unlisting(row)]);
      }),
  };

  function windows(query: WindowQuery): Promise<Page<WindowRow>> {
    const { pipeline, name, newest = false } = query;
    return pageOf(lists.windows(pipeline, name, newest), 2, query, newest, (found) =>
      found.map(({ place: [start, group], row }) =>
        readWindow({ pipeline, name, group: group!, start }, row.body as Body | null),
      ),
    );
  }

  function windowsOfGroup(query: WindowQuery, group: string): Promise<Page<WindowRow>> {
    const { pipeline, name, newest = false } = query;
    return pageOf(lists.windowsOfGroup(pipeline, name, group, newest), 1, query, newest, (found) =>
      found.map(({ place: [start], row }) =>
        readWindow({ pipeline, name, group, start }, row.body as Body | null),
      ),
    );
  }

  function events(query: TimeQuery & { readonly key?: string }): Promise<Page<EventRow>> {
    const { pipeline, key } = query;
    const list = key === undefined ? lists.events(pipeline) : lists.eventsOfKey(pipeline, key);
    return listed<EventRow>(list, 3, query, async ([time, id, route]) => {
      const row = await rows.event(pipeline, id!, route!);
      // Written again with another time or key, it stands elsewhere too, and only there it counts.
      return row && row.time === time && (key === undefined || row.key === key) ? row : null;
    });
  }
}

/** Rows by their identity. */
function createRowReader({ client, keyspace }: ResultStoreParts) {
  const limit = pLimit(READS_IN_FLIGHT_MAX);
  const alert = `SELECT body FROM ${keyspace}.alerts WHERE pipeline = ? AND id = ?`;
  const event = `SELECT body FROM ${keyspace}.events WHERE pipeline = ? AND id = ? AND route = ?`;
  const deadLetter = `SELECT body, payload, removed FROM ${keyspace}.deadletters WHERE pipeline = ? AND id = ?`;
  const one = (query: string, params: string[]): Promise<types.Row | null> =>
    limit(async () => (await client.execute(query, params)).first());

  return {
    async alert(pipeline: string, id: string): Promise<AlertRow | null> {
      const row = await one(alert, [pipeline, id]);
      return row && readAlert(pipeline, row.body as Body | null);
    },
    async event(pipeline: string, id: string, route: string): Promise<EventRow | null> {
      const row = await one(event, [pipeline, id, route]);
      return row && readEvent(pipeline, row.body as Body | null);
    },
    async deadLetter(pipeline: string, id: string): Promise<DeadLetterRow | null> {
      const row = await one(deadLetter, [pipeline, id]);
      return row && readDeadLetter(pipeline, row.body, row.payload, row.removed);
    },
  };
}

/** Newest first, of a list that holds places only. What a place leads to may be gone or have moved: null then. */
function listed<T extends ResultRow>(
  list: StoredList,
  width: number,
  query: TimeQuery,
  rowAt: (place: Place) => Promise<T | null>,
): Promise<Page<T>> {
  return pageOf(list, width, query, true, (found) => Promise.all(found.map(({ place }) => rowAt(place))));
}

/** @param width parts of the list's places */
async function pageOf<T extends ResultRow>(
  list: StoredList,
  width: number,
  query: TimeQuery,
  newest: boolean,
  rowsOf: (found: readonly Found[]) => Promise<(T | null)[]> | (T | null)[],
): Promise<Page<T>> {
  const limit = Math.min(Math.max(1, query.limit), PAGE_ROWS_MAX);
  const stretch = stretchOf(query, width, newest);
  const page: { readonly row: T; readonly place: Place }[] = [];
  if (stretch.lower[0] > stretch.upper[0]) return { rows: [], next: null };
  const places = walk(list, stretch, newest, limit + 1);
  // One more than fits says that there is a next page.
  for (let ended = false; !ended && page.length <= limit; ) {
    const found: Found[] = [];
    while (!ended && page.length + found.length <= limit) {
      const step = await places.next();
      if (step.done) ended = true;
      else found.push(step.value);
    }
    const rows = await rowsOf(found);
    rows.forEach((row, i) => {
      if (row !== null) page.push({ row, place: found[i]!.place });
    });
  }
  const shown = page.slice(0, limit);
  return {
    rows: shown.map(({ row }) => row),
    next: page.length > limit ? writeCursor(shown.at(-1)!.place) : null,
  };
}

function stretchOf(
  { from = EARLIEST, to = LATEST + 1, after }: TimeQuery,
  width: number,
  newest: boolean,
): Stretch {
  const lower = firstAt(from, width);
  const upper = firstAt(to, width);
  if (after === undefined) return { lower, upper };
  const last = readCursor(after, width);
  return newest ? { lower, upper: last } : { lower: behind(last), upper };
}

async function doing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failureOf(error, what);
  }
}
