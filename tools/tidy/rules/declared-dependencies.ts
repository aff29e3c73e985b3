import type { Manifest, Repository, Workspace } from '../repository.ts';
import type { Fault, Rule } from '../rule.ts';
import type { Source } from '../source.ts';

/**
 * A workspace declares exactly what it imports: nx takes its graph, and with it the cache keys, from package.json.
 * The root's own packages, the tools, are there for all. (Biome's noUndeclaredDependencies doesn't know the root.)
 */
export const declaredDependencies: Rule = (repository) => {
  const root = JSON.parse(repository.files.get('package.json') ?? '{}') as Manifest;
  return repository.workspaces.flatMap((workspace) => {
    const own = [...repository.sources.values()].filter(
      ({ path }) => repository.workspaceOf(path) === workspace,
    );
    const declared = packagesOf(workspace.manifest);
    const known = new Set([...declared, ...packagesOf(root), workspace.manifest.name]);
    return [...undeclared(own, known, workspace), ...unused(own, declared, workspace, repository)];
  });
};

function packagesOf({ dependencies, devDependencies }: Manifest): string[] {
  return Object.keys({ ...dependencies, ...devDependencies });
}

function undeclared(own: Source[], known: Set<string>, { folder }: Workspace): Fault[] {
  return own.flatMap(({ path, references }) =>
    references
      .filter(({ isImport, specifier }) => isImport && !/^(node:|\.)/.test(specifier))
      .map(({ specifier, line }) => ({ name: packageOf(specifier), line }))
      .filter(({ name }) => !known.has(name))
      .map(({ name, line }) => ({ path, line, message: `${name} is missing in ${folder}/package.json` })),
  );
}

function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

function unused(own: Source[], declared: string[], { folder }: Workspace, { files }: Repository): Fault[] {
  // Strings count, since a package may also be looked up by name (`import.meta.resolve`, a file in it).
  const used = own.flatMap(({ references }) => references.map(({ specifier }) => `${specifier}/`));
  const documents = [...files].filter(
    ([path]) => path.startsWith(`${folder}/`) && /\.(ya?ml|md)$/.test(path),
  );
  return declared
    .filter((name) => !used.some((specifier) => specifier.startsWith(`${name}/`)))
    .filter((name) => !documents.some(([, text]) => text.includes(name)))
    .map((name) => ({
      path: `${folder}/package.json`,
      message: `${name} is declared but not imported: remove it (npm uninstall ${name} -w ${folder})`,
    }));
}
