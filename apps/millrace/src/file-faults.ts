import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { TableError } from '@millrace/enrich/table';
import { tableKinds } from '@millrace/enrich/tables';
import { systemDisk } from '@millrace/ingest/disk';
import { type PipelineDocument, readDocument } from '@millrace/pipeline/document';
import type { DocumentFault } from '@millrace/pipeline/faults';
import type { Plan } from '@millrace/pipeline/plan';

type Path = Parameters<PipelineDocument['place']>[0];

/** What is wrong with the files that the sources and tables of a document name: what `run` would end with. */
export async function fileFaults(file: string, plan: Plan): Promise<readonly DocumentFault[]> {
  const placeOf = placesIn(file);
  const faults: DocumentFault[] = [];
  const report = (path: Path, code: string, message: string, hint: string | null): void => {
    faults.push({
      file: relative(process.cwd(), resolve(file)) || file,
      ...placeOf(path),
      code,
      message,
      hint,
    });
  };
  for (const { name, kind, config } of plan.sources) {
    if (kind !== 'file') continue;
    const fault = await sourceFault(String(config.path));
    if (fault !== null) report(['sources', name, 'file'], 'no_such_file', `source ${name}: ${fault}`, null);
  }
  for (const table of plan.tables) {
    try {
      const opened = await tableKinds[table.kind]?.open(table);
      await opened?.close?.();
    } catch (error) {
      if (!(error instanceof TableError)) throw error;
      report(['tables', table.name], 'bad_table', error.message, null);
    }
  }
  return faults;
}

/** Null: there are files, and they can be read. */
async function sourceFault(path: string): Promise<string | null> {
  let found = 0;
  for await (const each of systemDisk.find(path)) {
    found++;
    try {
      await (await systemDisk.open(each)).close();
    } catch (error) {
      return `${each} can't be read: ${(error as Error).message}`;
    }
  }
  return found === 0 ? `no file matches ${path}` : null;
}

/** A document in TypeScript has no places. */
function placesIn(file: string): (path: Path) => { readonly line: number; readonly column: number } {
  const start = { line: 1, column: 1 };
  if (/\.[cm]?[jt]s$/.test(file)) return () => start;
  const document = readDocument(file, readFileSync(file, 'utf8'));
  return Array.isArray(document) ? () => start : (path) => (document as PipelineDocument).place(path);
}
