import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  workspaces?: readonly string[];
  dependencies?: Readonly<Record<string, string>>;
  devDependencies?: unknown;
  scripts?: unknown;
}

interface Lock {
  readonly packages: Record<string, Manifest>;
}

const OWN = '@millrace/';

/**
 * Makes a copy of the repository's manifests and lock file say only what the services and the command line run on:
 * with the other workspaces in them, npm installs what those run on as well.
 *
 * @param root the copy, which needs no more than `package.json`, `package-lock.json` and the manifests of apps and libs
 * @returns the workspaces that are left
 */
export function keepProduction(root: string): readonly string[] {
  const read = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), 'utf8')) as T;
  const write = (path: string, value: unknown): void =>
    writeFileSync(join(root, path), `${JSON.stringify(value, null, 2)}\n`);
  const lock = read<Lock>('package-lock.json');
  const kept = closure(lock);
  for (const folder of ['', ...kept]) {
    const path = join(folder, 'package.json');
    const entry = lock.packages[folder]!;
    const own = folder === '' ? { workspaces: kept } : {};
    const { devDependencies: _, scripts: __, ...manifest } = read<Manifest>(path);
    write(path, { ...manifest, ...own });
    const { devDependencies: ___, ...locked } = entry;
    lock.packages[folder] = { ...locked, ...own };
  }
  const gone = (path: string): boolean =>
    path.startsWith(`node_modules/${OWN}`)
      ? !kept.includes(String((lock.packages[path] as { readonly resolved?: string }).resolved))
      : path !== '' &&
        !path.startsWith('node_modules/') &&
        !kept.some((folder) => `${path}/`.startsWith(`${folder}/`));
  const packages = Object.fromEntries(Object.entries(lock.packages).filter(([path]) => !gone(path)));
  write('package-lock.json', { ...lock, packages });
  return kept;
}

/** The apps and all libs that they stand on. */
function closure({ packages }: Lock): readonly string[] {
  const found = new Set(Object.keys(packages).filter((path) => /^apps\/[^/]+$/.test(path)));
  // A set that grows while it is walked is walked to its end.
  for (const folder of found) {
    for (const name of Object.keys(packages[folder]!.dependencies ?? {})) {
      if (!name.startsWith(OWN)) continue;
      found.add(String((packages[`node_modules/${name}`] as { readonly resolved?: string }).resolved));
    }
  }
  return [...found].sort();
}
