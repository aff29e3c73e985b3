import { readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Catalogue } from '@millrace/pipeline/catalogue';
import { type CompileInput, type CompileResult, compile } from '@millrace/pipeline/compile';
import { type PipelineDocument, readDocument } from '@millrace/pipeline/document';
import { type DocumentFault, formatFault } from '@millrace/pipeline/faults';
import type { Plan } from '@millrace/pipeline/plan';
import { BundleFault, readBundle, unpack } from './bundle.ts';
import { EXIT } from './exit-codes.ts';
import { Failure } from './failure.ts';

type UserFunctions = NonNullable<CompileInput['functions']>;

/** Is told of each file that a document stands on (schema, functions, tables): as it says it, and the absolute path. */
export type NamedFile = (named: string, path: string) => void;

/**
 * Reads and checks a pipeline document with everything that it names: YAML, a module whose default export is what
 * `definePipeline` answers, or a bundle of either. What is not in the catalogue is not looked into. Faults name
 * files as seen from the working folder.
 */
export async function loadPipeline(
  file: string,
  catalogue: Catalogue,
  onFile: NamedFile = () => {},
): Promise<CompileResult> {
  const path = relative(process.cwd(), resolve(file)) || file;
  const text = readText(file);
  if (text === null) {
    const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory();
    const what = isFolder ? `${file} is a folder` : `there is no file ${file}`;
    throw new Failure(`${what}. Give the path of a pipeline document.`, EXIT.faults);
  }
  const typed = isModule(file);
  const document = typed ? null : readDocument(path, text);
  const value = document === null || Array.isArray(document) ? null : (document as PipelineDocument).value;
  try {
    const bundle = readBundle(value);
    const placeOf = bundle === null ? resolve : unpack(bundle.files, dirname(resolve(file)));
    const place = (at: string, named: string): string => {
      onFile(named, at);
      return placeOf(at);
    };
    const beside = (named: string): string => placeOf(resolve(dirname(resolve(path)), named));
    const input = { path, load: readText, place, catalogue };
    if (typed) return await compileModule(file, input, beside);
    if (typeof bundle?.module === 'string') {
      const module = beside(bundle.module);
      const compiled = await compileModule(module, input, beside);
      if (compiled.plan !== null) bundle.requireSame(compiled.plan);
      return compiled;
    }
    return compile({ ...input, text, functions: await importFunctions(value, beside) });
  } catch (error) {
    if (!(error instanceof ModuleFault || error instanceof BundleFault)) throw error;
    const code = error instanceof BundleFault ? 'bad_bundle' : 'bad_module';
    const at = error instanceof BundleFault ? ['files'] : ['functions'];
    const place = value === null ? { line: 1, column: 1 } : (document as PipelineDocument).place(at);
    return { plan: null, faults: [{ file: path, ...place, code, message: error.message, hint: null }] };
  }
}

/** Whether a document is in TypeScript or JavaScript. */
export const isModule = (file: string): boolean => /\.[cm]?[jt]s$/.test(file);

/** Where a file is that the document names by a path from its folder. */
type Beside = (named: string) => string;

async function compileModule(
  module: string,
  input: Omit<CompileInput, 'object' | 'functions'>,
  beside: Beside,
): Promise<CompileResult> {
  const object = await defaultExport(module);
  return compile({ ...input, object, functions: await importFunctions(object, beside) });
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
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw error;
  }
}

class ModuleFault extends Error {
  override readonly name = 'ModuleFault';
}

/** The functions of the module that the document names, by name. */
async function importFunctions(document: unknown, beside: Beside): Promise<UserFunctions> {
  const named = (document as { readonly functions?: unknown } | null)?.functions;
  if (typeof named !== 'string') return {};
  const file = beside(named);
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
