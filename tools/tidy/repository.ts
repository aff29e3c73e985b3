import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { parseSource, type Source } from './source.ts';

export interface Manifest {
  name: string;
  workspaces?: string[];
  exports?: Record<string, string>;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export interface Workspace {
  /** Path from the repository's folder, like `libs/lanes`. */
  folder: string;
  manifest: Manifest;
}

/** The repository as a value. All paths are relative to its folder, with `/`. */
export interface Repository {
  /** Every file that people write, by path. */
  files: Map<string, string>;
  /** The code among them, parsed. */
  sources: Map<string, Source>;
  workspaces: Workspace[];
  workspaceOf(path: string): Workspace | undefined;
  /** The file of this repository that a module specifier means; undefined for npm packages and Node's own. */
  resolve(from: string, specifier: string): string | undefined;
}

const WRITTEN = '**/*.{ts,mjs,js,json,md,yaml,yml,sh,css,html,avsc}';
const NOT_OURS = new Set(['node_modules', '.git', '.nx', '.millrace', 'tmp', 'data']);

export function readRepository(root: string): Repository {
  const paths = globSync(WRITTEN, {
    cwd: root,
    // Folders named data are only the run-time ones at the top; further down the name itself is a fault.
    exclude: (path) => NOT_OURS.has(path) || /(^|\/)(node_modules|\.[a-z]+)$/.test(path),
  });
  const files = paths.map((path) => path.replaceAll('\\', '/')).sort();
  return repositoryOf(
    Object.fromEntries(files.map((path) => [path, readFileSync(join(root, path), 'utf8')])),
  );
}

/** @param contents texts by path */
export function repositoryOf(contents: Record<string, string>): Repository {
  const files = new Map(Object.entries(contents));
  const sources = new Map<string, Source>();
  for (const [path, text] of files) {
    if (/\.(ts|mjs|js)$/.test(path)) sources.set(path, parseSource(path, text));
  }
  const workspaces = [...files]
    .filter(([path]) => path.endsWith('/package.json') && !path.startsWith('tools/runtime/'))
    .map(([path, text]) => ({ folder: dirname(path), manifest: JSON.parse(text) as Manifest }));
  return {
    files,
    sources,
    workspaces,
    workspaceOf: (path) => workspaces.find(({ folder }) => path.startsWith(`${folder}/`)),
    resolve: (from, specifier) => {
      const path = specifier.startsWith('.')
        ? normalize(join(dirname(from), specifier))
        : exported(workspaces, specifier);
      return path !== undefined && files.has(path) ? path : undefined;
    },
  };
}

function exported(workspaces: Workspace[], specifier: string): string | undefined {
  const owner = workspaces.find(({ manifest }) => `${specifier}/`.startsWith(`${manifest.name}/`));
  if (!owner) return undefined;
  const wanted = `.${specifier.slice(owner.manifest.name.length)}`;
  for (const [pattern, target] of Object.entries(owner.manifest.exports ?? {})) {
    const [head = '', tail] = pattern.split('*');
    if (tail === undefined ? wanted !== pattern : !wanted.startsWith(head) || !wanted.endsWith(tail))
      continue;
    const star = wanted.slice(head.length, wanted.length - (tail?.length ?? 0));
    return join(owner.folder, target.replace('*', star));
  }
  return undefined;
}
