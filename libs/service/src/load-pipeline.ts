import { readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Catalogue } from '@millrace/pipeline/catalogue';
import { type CompileResult, compile } from '@millrace/pipeline/compile';
import { type PipelineDocument, readDocument } from '@millrace/pipeline/document';
import { type DocumentFault, formatFault } from '@millrace/pipeline/faults';
import type { Plan } from '@millrace/pipeline/plan';
import { EXIT } from './exit-codes.ts';
import { Failure } from './failure.ts';

type UserFunctions = NonNullable<Parameters<typeof compile>[0]['functions']>;

/**
 * Reads and checks a pipeline document with everything that it names: YAML, or a module whose default export is
 * what `definePipeline` answers. What is not in the catalogue is not looked into. Faults name files as seen from the working folder.
 */
export async function loadPipeline(file: string, catalogue: Catalogue): Promise<CompileResult> {
  const path = relative(process.cwd(), resolve(file)) || file;
  const text = readText(file);
  if (text === null) {
    throw new Failure(`there is no file ${file}. Give the path of a pipeline document.`, EXIT.faults);
  }
  const typed = /\.[cm]?[jt]s$/.test(file);
  const document = typed ? null : readDocument(path, text);
  try {
    if (typed) return await compileModule(file, path, catalogue);
    const named = Array.isArray(document) ? null : (document as PipelineDocument).value;
    const functions = await importFunctions(path, named);
    return compile({ path, text, load: readText, functions, catalogue });
  } catch (error) {
    if (!(error instanceof ModuleFault)) throw error;
    const place = typed ? { line: 1, column: 1 } : (document as PipelineDocument).place(['functions']);
    return {
      plan: null,
      faults: [{ file: path, ...place, code: 'bad_module', message: error.message, hint: null }],
    };
  }
}

async function compileModule(file: string, path: string, catalogue: Catalogue): Promise<CompileResult> {
  const object = await defaultExport(file);
  return compile({ path, object, load: readText, functions: await importFunctions(path, object), catalogue });
}

/** @throws Failure that lists every fault. */
export async function requirePlan(file: string, catalogue: Catalogue): Promise<Plan> {
  const { plan, faults } = await loadPipeline(file, catalogue);
  if (plan !== null) return plan;
  throw new Failure(`${file} can't run:\n${faultList(faults)}`, EXIT.faults);
}

export function faultList(faults: readonly DocumentFault[]): string {
  return faults.map(formatFault).join('\n');
}

/** The text of a file; null: there is none. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

class ModuleFault extends Error {
  override readonly name = 'ModuleFault';
}

/** The functions of the module that the document names, by name. */
async function importFunctions(path: string, document: unknown): Promise<UserFunctions> {
  const named = (document as { readonly functions?: unknown } | null)?.functions;
  if (typeof named !== 'string') return {};
  const file = resolve(dirname(resolve(path)), named);
  // `compile` says that there is no such file, and where it is named.
  if (readText(file) === null) return {};
  const module = await importFresh(file);
  return Object.fromEntries(
    Object.entries(module).filter(([, value]) => typeof value === 'function'),
  ) as UserFunctions;
}

async function defaultExport(file: string): Promise<object> {
  const { default: object } = await importFresh(resolve(file));
  if (typeof object === 'object' && object !== null) return object;
  throw new Failure(
    `${file} has no pipeline as its default export: export default definePipeline({ … })`,
    EXIT.faults,
  );
}

/** Node strips the types. A module that has changed since it was imported is another one. */
async function importFresh(file: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file);
  url.searchParams.set('changed', String(statSync(file).mtimeMs));
  try {
    return (await import(url.href)) as Record<string, unknown>;
  } catch (error) {
    throw new ModuleFault(`${file} can't be imported: ${(error as Error).message}`, { cause: error });
  }
}
