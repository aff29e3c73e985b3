import type { Manifest, Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';

/** Code that nothing reaches from a program, an example or another file's test. */
export const orphans: Rule = (repository) => {
  const { sources } = repository;
  const reached = new Set<string>();
  const open = [...sources.keys()].filter((path) => isStart(path, repository));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { specifier } of sources.get(path)?.references ?? []) {
      // A program may also name another by its path from the repository's folder, to start it.
      const target = sources.has(specifier) ? specifier : repository.resolve(path, specifier);
      if (target && !isSubject(path, target)) open.push(target);
    }
  }
  return (
    [...sources.keys()]
      // Declarations of others' modules are found without being imported.
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !reached.has(path))
      .map((path) => ({
        path,
        message: 'nothing uses this file (its own test aside): wire it in or delete it',
      }))
  );
};

function isStart(path: string, { files, workspaces }: Repository): boolean {
  if (/(^|\/)main\.ts$/.test(path) || path.endsWith('.test.ts')) return true;
  if (/(^examples|\/fixtures)\//.test(path)) return true;
  if (path.startsWith('tools/') && path.endsWith('.mjs')) return true;
  const root = JSON.parse(files.get('package.json') ?? '{}') as Manifest;
  const scripts = [root, ...workspaces.map(({ manifest }) => manifest)].flatMap((manifest) =>
    Object.values(manifest.scripts ?? {}),
  );
  return scripts.some((script) => script.split(' ').includes(path));
}

/** A test alone doesn't keep the file alive that it tests. */
function isSubject(test: string, target: string): boolean {
  return test === target.replace(/\.ts$/, '.test.ts');
}
