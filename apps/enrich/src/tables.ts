import type { Plan, TablePlan } from '@millrace/pipeline/plan';
import { type Table, TableError, type TableKind } from './table.ts';
import { fileTable } from './tables/file.ts';

/** Every kind of table, by the name that it has in the document. */
export const tableKinds: Readonly<Record<string, TableKind>> = {
  file: fileTable,
};

export interface OpenTables {
  readonly tables: ReadonlyMap<string, Table>;
  /** Ends the refreshing, too. */
  close(): Promise<void>;
}

/**
 * Opens the plan's tables, to be done before the first event, and keeps them fresh. A refresh makes the look-up
 * depend on when it was made: a replay of raw then sees the rows of its own day, which lint points out.
 * @param warn is told of a refresh that failed; the old rows go on being used.
 */
export async function openTables(
  plan: Plan,
  kinds: Readonly<Record<string, TableKind>>,
  warn: (message: string) => void,
): Promise<OpenTables> {
  const opened = await Promise.allSettled(plan.tables.map((table) => openTable(table, kinds)));
  const tables = new Map<string, Table>();
  for (const [index, result] of opened.entries()) {
    if (result.status === 'fulfilled') tables.set(plan.tables[index]!.name, result.value);
  }
  const closeAll = () => Promise.all([...tables.values()].map((table) => table.close?.()));
  const failures = opened.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  if (failures.length > 0) {
    await closeAll();
    // All at once: whoever mends one should not find the next only after another start.
    throw failures.length === 1
      ? failures[0]!
      : new TableError(failures.map(({ message }) => message).join('\n'));
  }
  const refreshers = plan.tables.map((table) => refreshing(table, tables.get(table.name)!, warn));
  return {
    tables,
    async close() {
      await Promise.all(refreshers.map((stop) => stop()));
      await closeAll();
    },
  };
}

async function openTable(plan: TablePlan, kinds: Readonly<Record<string, TableKind>>): Promise<Table> {
  const kind = kinds[plan.kind];
  if (kind === undefined) {
    throw new TableError(`table ${plan.name}: this program has no tables of kind ${plan.kind}`);
  }
  return kind.open(plan);
}

/** Answers how to stop it; resolves when no refresh is under way any more. */
function refreshing(plan: TablePlan, table: Table, warn: (message: string) => void): () => Promise<void> {
  const { refreshMs } = plan;
  if (refreshMs === null || table.refresh === undefined) return async () => {};
  let underWay: Promise<void> | null = null;
  const timer = setInterval(() => {
    // A slow one is not overtaken.
    underWay ??= table.refresh!()
      .catch((error: unknown) => warn(`${messageOf(error)} (the rows read before stay in use)`))
      .finally(() => {
        underWay = null;
      });
  }, refreshMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
