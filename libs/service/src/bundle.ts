import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { Plan } from '@millrace/pipeline/plan';

/**
 * A pipeline document that has what it names inside: `files`, texts by their path from the document's folder. A
 * document in TypeScript is one of these texts, named by `module`; beside it stand, as copies, what others read
 * who can't run it.
 */
export interface Bundle {
  readonly files: Readonly<Record<string, string>>;
  readonly module: string | null;
  /** @throws BundleFault when the copies are others than the module's. */
  requireSame(plan: Plan): void;
}

/** A bundle can't be used: its message says what is wrong with it. */
export class BundleFault extends Error {
  override readonly name = 'BundleFault';
}

/** The keys of a document in TypeScript that stand in its bundle, too. */
export const COPIED_KEYS = ['pipeline', 'lanes', 'secrets'] as const;

/** Null: the value is a document whose files are beside it. */
export function readBundle(value: unknown): Bundle | null {
  const { files, module } = (value ?? {}) as { readonly files?: unknown; readonly module?: unknown };
  if (typeof files !== 'object' || files === null) return null;
  for (const [path, text] of Object.entries(files)) {
    if (typeof text !== 'string') throw new BundleFault(`files: ${path} must be a text`);
    if (isAbsolute(path)) throw new BundleFault(`files: ${path} must be a path from the document's folder`);
  }
  return {
    files: files as Readonly<Record<string, string>>,
    module: typeof module === 'string' ? module : null,
    requireSame(plan) {
      for (const key of COPIED_KEYS) {
        const copy = JSON.stringify((value as Record<string, unknown>)[key]);
        const own = JSON.stringify(plan[key]);
        if (copy === own) continue;
        throw new BundleFault(
          `${key} is ${copy}, and ${own} in ${module}: change it there and bundle it again`,
        );
      }
    },
  };
}

/**
 * Writes a bundle's files to a folder that only this process uses and that goes when it ends. Answers where each path
 * is now; a path that is not in the bundle stays where it is.
 */
export function unpack(files: Bundle['files'], folder: string): (path: string) => string {
  const root = privateFolder();
  const top = join(root, 'files');
  const base = join(top, ...Array<string>(stepsUp(Object.keys(files))).fill('d'));
  const places = new Map<string, string>();
  for (const [name, text] of Object.entries(files)) {
    const place = resolve(base, name);
    if (!place.startsWith(top + sep)) throw new BundleFault(`files: ${name} leads nowhere`);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
    places.set(resolve(folder, name), place);
  }
  return (path) => places.get(path) ?? path;
}

/** How far the paths go above the document's folder at most. */
function stepsUp(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => name.split('/').filter((step) => step === '..').length));
}

/** A folder in which modules are ES modules that find `definePipeline`. */
function privateFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'millrace-bundle-'));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }\n');
  const pipeline = createRequire(import.meta.url).resolve('@millrace/pipeline/define-pipeline');
  mkdirSync(join(root, 'node_modules/@millrace'), { recursive: true });
  symlinkSync(dirname(dirname(pipeline)), join(root, 'node_modules/@millrace/pipeline'));
  return root;
}
