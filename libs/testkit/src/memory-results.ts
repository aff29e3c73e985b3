import type {
  AlertRow,
  DeadLetterRow,
  EventRow,
  Page,
  ResultRow,
  ResultStore,
  TimeQuery,
  WindowRow,
} from '@millrace/lanes/ports/results';

/** The results port in memory, for tests and the simulation. */
export function createMemoryResults(): ResultStore {
  const tables = {
    windows: new Map<string, WindowRow>(),
    alerts: new Map<string, AlertRow>(),
    events: new Map<string, EventRow>(),
    deadletters: new Map<string, DeadLetterRow>(),
  };

  function write(row: ResultRow): void {
    const table = tables[row.table] as Map<string, ResultRow>;
    const identity = JSON.stringify([row.pipeline, ...identityOf(row)]);
    const held = table.get(identity);
    if (!held || compare(versionOf(row), versionOf(held)) >= 0) table.set(identity, row);
  }

  function newest<T extends AlertRow | EventRow | DeadLetterRow>(
    table: Map<string, T>,
    query: TimeQuery,
  ): Page<T> {
    const rows = [...table.values()].filter((row) => fits(row.pipeline, row.time, query));
    return page(rows, (row) => [row.time, row.id], true, query);
  }

  return {
    async write(rows) {
      for (const row of rows) write(row);
    },
    async windows(query) {
      const rows = [...tables.windows.values()].filter(
        (row) =>
          fits(row.pipeline, row.start, query) &&
          row.name === query.name &&
          (query.group === undefined || row.group === query.group),
      );
      return page(rows, (row) => [row.start, row.group], query.newest === true, query);
    },
    alerts: async (query) => newest(tables.alerts, query),
    async events(query) {
      const ofKey = [...tables.events].filter(([, row]) => query.key === undefined || row.key === query.key);
      return newest(new Map(ofKey), query);
    },
    deadLetters: async (query) => newest(tables.deadletters, query),
    deadLetter: async (pipeline, id) => tables.deadletters.get(JSON.stringify([pipeline, id])) ?? null,
    async removeDeadLetter(pipeline, id) {
      tables.deadletters.delete(JSON.stringify([pipeline, id]));
    },
  };
}

function identityOf(row: ResultRow): readonly (string | number)[] {
  switch (row.table) {
    case 'windows':
      return [row.name, row.group, row.start];
    case 'events':
      return [row.route, row.id];
    default:
      return [row.id];
  }
}

const versionOf = ({ version }: ResultRow) => [version.position, version.revision] as const;

function fits(pipeline: string, time: number, { pipeline: wanted, from, to }: TimeQuery): boolean {
  return pipeline === wanted && (from === undefined || time >= from) && (to === undefined || time < to);
}

type Order = readonly [number, string | number];

function page<T>(
  rows: readonly T[],
  orderOf: (row: T) => Order,
  descending: boolean,
  query: TimeQuery,
): Page<T> {
  const sign = descending ? -1 : 1;
  const after = query.after === undefined ? null : (JSON.parse(query.after) as Order);
  const sorted = rows
    .filter((row) => after === null || sign * compare(orderOf(row), after) > 0)
    .sort((a, b) => sign * compare(orderOf(a), orderOf(b)));
  const taken = sorted.slice(0, query.limit);
  return { rows: taken, next: sorted.length > taken.length ? JSON.stringify(orderOf(taken.at(-1)!)) : null };
}

function compare(a: Order, b: Order): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  if (a[1] === b[1]) return 0;
  return a[1] < b[1] ? -1 : 1;
}
