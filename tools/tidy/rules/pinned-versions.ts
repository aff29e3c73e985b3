import type { Rule } from '../rule.ts';

const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

export const pinnedVersions: Rule = ({ files }) =>
  [...files]
    .filter(([path]) => /(^|\/)package\.json$/.test(path))
    .flatMap(([path, text]) => {
      const manifest = JSON.parse(text);
      const groups = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies];
      return groups
        .flatMap((group) => Object.entries((group ?? {}) as Record<string, string>))
        .filter(([, version]) => !EXACT.test(version))
        .map(([name, version]) => ({
          path,
          line: lineOf(text, name),
          message: `${name} "${version}" is not an exact version: pin it (npm install --save-exact)`,
        }));
    });

function lineOf(text: string, name: string): number {
  return text.slice(0, text.indexOf(`"${name}"`)).split('\n').length;
}
