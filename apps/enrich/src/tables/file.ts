import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ColumnType, TablePlan } from '@millrace/pipeline/plan';
import { parse } from 'csv-parse';
import { type Row, type Table, TableError, type TableKind } from '../table.ts';
import { type Cell, CellError, cellOfJson, cellOfText } from './column.ts';

/** A table lives in memory, once per process. */
const FILE_BYTES_MAX = 512 * 1024 * 1024;
/** A JSON array is parsed in one go, during which no event moves. */
const JSON_BYTES_MAX = 64 * 1024 * 1024;
const ROWS_MAX = 5_000_000;

type Format = 'csv' | 'json' | 'ndjson';

/**
 * A file held in memory: CSV with a header line, a JSON array of objects, or one JSON object per line.
 * With `refresh` it is read again, if it has changed, and replaces the rows all at once. Replace the file by
 * renaming a finished one over it: half a file may be read as a whole one.
 */
export const fileTable: TableKind = {
  name: 'file',
  summary: 'A CSV, JSON or NDJSON file, held in memory.',
  shorthand: 'path',
  settings: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: {
        type: 'string',
        format: 'path',
        minLength: 1,
        description: 'The file.',
        examples: ['./merchants.csv'],
      },
      format: {
        enum: ['csv', 'json', 'ndjson'],
        description: 'What is in it. Default: by the ending of its name (.csv, .json, .ndjson, .jsonl).',
        examples: ['csv'],
      },
      delimiter: {
        type: 'string',
        minLength: 1,
        maxLength: 1,
        description: 'Between the fields of CSV. Default: a comma.',
        examples: [';'],
      },
    },
  },
  check: (config) => (formatOf(config) === null ? NO_FORMAT : null),
  async open(plan) {
    const source = sourceOf(plan);
    let signature = await signatureOf(source);
    let rows = await readRows(source);
    return {
      get: (key) => rows.get(key) ?? null,
      async refresh() {
        const now = await signatureOf(source);
        if (now === signature) return;
        rows = await readRows(source);
        signature = now;
      },
    } satisfies Table;
  },
};

interface Source {
  readonly plan: TablePlan;
  readonly path: string;
  readonly format: Format;
  readonly delimiter: string;
}

interface FileConfig {
  readonly path: string;
  readonly format?: Format;
  readonly delimiter?: string;
}

const NO_FORMAT = 'the name has no ending that tells the format: set `format` to csv, json or ndjson';

function sourceOf(plan: TablePlan): Source {
  const { path, delimiter = ',' } = plan.config as unknown as FileConfig;
  const format = formatOf(plan.config);
  if (format === null) throw new TableError(`table ${plan.name}: ${path}: ${NO_FORMAT}`);
  return { plan, path, format, delimiter };
}

function formatOf(config: TablePlan['config']): Format | null {
  const { path, format } = config as unknown as FileConfig;
  if (format !== undefined) return format;
  const ending = extname(path).toLowerCase();
  if (ending === '.csv' || ending === '.json' || ending === '.ndjson') return ending.slice(1) as Format;
  return ending === '.jsonl' ? 'ndjson' : null;
}

/** Changes whenever the file does. */
async function signatureOf({ plan, path, format }: Source): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new TableError(`table ${plan.name}: can't read ${path}: ${why}`);
  });
  const limit = format === 'json' ? JSON_BYTES_MAX : FILE_BYTES_MAX;
  if (found.size > limit) {
    const hint = format === 'json' ? '; as .ndjson it may be larger' : '';
    throw new TableError(
      `table ${plan.name}: ${path} has ${found.size} bytes, more than the ${limit} that are held in memory${hint}`,
    );
  }
  return `${found.ino}:${found.size}:${found.mtimeMs}`;
}

async function readRows(source: Source): Promise<ReadonlyMap<string, Row>> {
  const rows = new RowCollector(source);
  try {
    if (source.format === 'csv') await readCsv(source, rows);
    else if (source.format === 'ndjson') await readNdjson(source, rows);
    else await readJson(source, rows);
  } catch (error) {
    if (error instanceof TableError) throw error;
    throw new TableError(`table ${source.plan.name}: can't read ${source.path}: ${(error as Error).message}`);
  }
  return rows.finish();
}

interface CsvRecord {
  readonly info: { readonly lines: number };
  readonly record: Readonly<Record<string, string>>;
}

async function readCsv(source: Source, rows: RowCollector): Promise<void> {
  const { path, delimiter } = source;
  const parser = parse({ columns: true, info: true, bom: true, delimiter, skip_empty_lines: true });
  await pipeline(createReadStream(path), parser, async (records: AsyncIterable<CsvRecord>) => {
    // `lines` is where the record ends; that is its line unless a cell holds a line break.
    for await (const { record, info } of records) rows.addText(record, `${path}:${info.lines}`);
  });
}

async function readNdjson({ path, plan }: Source, rows: RowCollector): Promise<void> {
  const file = await open(path);
  let line = 0;
  for await (const text of file.readLines()) {
    line += 1;
    if (text.trim() === '') continue;
    rows.addJson(parseJson(text, `table ${plan.name}: ${path}:${line}`), `${path}:${line}`);
  }
}

async function readJson({ path, plan }: Source, rows: RowCollector): Promise<void> {
  const parsed = parseJson(await readFile(path, 'utf8'), `table ${plan.name}: ${path}`);
  if (!Array.isArray(parsed)) throw new TableError(`table ${plan.name}: ${path} must be an array of objects`);
  for (const [index, value] of parsed.entries()) rows.addJson(value, `${path} [${index}]`);
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TableError(`${where}: ${(error as Error).message}`);
  }
}

/** Gathers typed rows by key and says of every fault where it is. */
class RowCollector {
  readonly #rows = new Map<string, Row>();
  readonly #columns: readonly (readonly [string, ColumnType])[];
  readonly #plan: TablePlan;
  readonly #path: string;
  /** JSON objects may leave a column out; one that no object has is a misspelt one. */
  readonly #unseen: Set<string>;

  constructor({ plan, path }: Source) {
    this.#plan = plan;
    this.#path = path;
    this.#columns = [...plan.columns];
    this.#unseen = new Set([plan.primary, ...plan.columns.keys()]);
  }

  addText(record: Readonly<Record<string, string>>, where: string): void {
    this.#add(record, where, (value, type) => cellOfText(value as string, type));
  }

  addJson(value: unknown, where: string): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new TableError(`table ${this.#plan.name}: ${where}: not a JSON object`);
    }
    this.#add(value as Record<string, unknown>, where, cellOfJson);
  }

  /** All rows by key. */
  finish(): ReadonlyMap<string, Row> {
    if (this.#unseen.size > 0 && this.#rows.size > 0) {
      throw new TableError(
        `table ${this.#plan.name}: ${this.#path} has no column ${[...this.#unseen].join(', ')}`,
      );
    }
    return this.#rows;
  }

  #add(
    record: Readonly<Record<string, unknown>>,
    where: string,
    cellOf: (value: unknown, type: ColumnType) => Cell,
  ): void {
    for (const name of this.#unseen) if (Object.hasOwn(record, name)) this.#unseen.delete(name);
    const key = this.#keyOf(record, where);
    const row: Record<string, Cell> = {};
    for (const [name, type] of this.#columns) {
      try {
        row[name] = cellOf(record[name], type);
      } catch (error) {
        if (!(error instanceof CellError)) throw error;
        throw new TableError(`table ${this.#plan.name}: ${where}: column ${name}: ${error.message}`);
      }
    }
    if (this.#rows.size >= ROWS_MAX)
      throw new TableError(`table ${this.#plan.name}: ${this.#path} has more than ${ROWS_MAX} rows`);
    this.#rows.set(key, Object.freeze(row));
  }

  #keyOf(record: Readonly<Record<string, unknown>>, where: string): string {
    const { name, primary } = this.#plan;
    const value = record[primary];
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      const found =
        value === undefined ? `there are ${Object.keys(record).join(', ')}` : 'it is null or nested';
      throw new TableError(`table ${name}: ${where}: no primary column ${primary} (${found})`);
    }
    const key = String(value);
    if (key === '') throw new TableError(`table ${name}: ${where}: the primary column ${primary} is empty`);
    if (this.#rows.has(key))
      throw new TableError(`table ${name}: ${where}: ${primary} "${key}" is there twice`);
    return key;
  }
}
