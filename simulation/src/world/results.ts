import type { ResultRow, ResultStore, Version } from '@millrace/lanes/ports/results';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';

/** The server side of the result store: of two writes to a row the higher version stays. */
export interface ResultServer {
  write(rows: readonly ResultRow[]): void;
  rows(): readonly ResultRow[];
}

export function createResultServer(): ResultServer {
  const table = new Map<string, ResultRow>();
  return {
    write(rows) {
      for (const row of rows) {
        const key = identity(row);
        const old = table.get(key);
        if (old === undefined || compareVersions(old.version, row.version) <= 0) table.set(key, row);
      }
    },
    rows: () => [...table.values()],
  };
}

/** Only what the stages use: the queries are the adapters' own business, with their own contract suite. */
export function createResultStore(
  network: Network,
  server: ResultServer,
  process: SimulatedProcess,
): Pick<ResultStore, 'write'> {
  return {
    write: (rows) =>
      network.request(
        process,
        `${process.name} writes ${rows.length} rows`,
        () => server.write(rows),
        (message) => new Error(message),
      ),
  };
}

function identity(row: ResultRow): string {
  switch (row.table) {
    case 'windows':
      return JSON.stringify([row.table, row.pipeline, row.name, row.group, row.start]);
    case 'events':
      return JSON.stringify([row.table, row.pipeline, row.route, row.id]);
    default:
      return JSON.stringify([row.table, row.pipeline, row.id]);
  }
}

function compareVersions(left: Version, right: Version): number {
  return left.position - right.position || left.revision - right.revision;
}
