import type { Kind } from '@millrace/pipeline/catalogue';
import type { TablePlan } from '@millrace/pipeline/plan';

/** The columns that enrichments add, by name. Frozen: one object serves every event that it is added to. */
export type Row = Readonly<Record<string, string | number | bigint | boolean | null>>;

export interface Table {
  /** Null: definitely not there. Tables with `prepare` answer only for keys that were prepared. */
  get(key: string): Row | null;
  /** Fetches rows ahead of `get`. Rejects when the table can't be reached: the batch is then tried again. */
  prepare?(keys: ReadonlySet<string>): Promise<void>;
  /** Reads the source again. When it rejects, the rows are still the old ones. */
  refresh?(): Promise<void>;
  close?(): Promise<void>;
}

/** One file in `tables/`, one line in `tables.ts`. */
export interface TableKind extends Kind {
  /**
   * Resolves when look-ups can be answered. Rejects with `TableError` when the table is not usable.
   * A column whose type the document does not declare is a string: nothing is guessed from the rows.
   */
  open(plan: TablePlan): Promise<Table>;
}

/** The table's source is missing or broken; the message says where and what to do. */
export class TableError extends Error {
  override readonly name = 'TableError';
}
