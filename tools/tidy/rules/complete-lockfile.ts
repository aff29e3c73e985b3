import type { Fault, Rule } from '../rule.ts';

interface Lockfile {
  packages: Record<
    string,
    { resolved?: string; link?: boolean; optionalDependencies?: Record<string, string> }
  >;
}

const REGISTRY = 'https://registry.npmjs.org/';

/**
 * `npm ci` refuses a lockfile that leaves out a platform's optional package, and npm leaves one out without a word
 * when the registry doesn't have it (yet): the version then can't be installed there.
 */
export const completeLockfile: Rule = ({ files }) =>
  [...files]
    .filter(([path]) => /(^|\/)package-lock\.json$/.test(path))
    .flatMap(([path, text]) => check(path, text));

function check(path: string, text: string): Fault[] {
  const { packages } = JSON.parse(text) as Lockfile;
  return Object.entries(packages).flatMap(([owner, { resolved, link, optionalDependencies }]) => {
    const missing = Object.keys(optionalDependencies ?? {}).filter((name) => !isFound(packages, owner, name));
    const faults = missing.map((name) => ({
      path,
      message: `${owner || 'the root'} needs ${name}, which the lockfile leaves out: take a version that has it`,
    }));
    if (resolved && !link && !resolved.startsWith(REGISTRY)) {
      faults.push({ path, message: `${owner} comes from ${resolved}, not from ${REGISTRY}` });
    }
    return faults;
  });
}

/** Node's own look-up: beside the owner, then in each folder above it. */
function isFound(packages: Lockfile['packages'], owner: string, name: string): boolean {
  for (let folder = owner; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    if (packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}
