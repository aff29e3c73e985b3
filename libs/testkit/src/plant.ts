/**
 * Plants a bug: changes the text of a module of ours as a subprocess loads it, so that a test can show that it
 * would notice. The file on disk stays as it is.
 *
 *     const { execArgv, env } = planted([{ file: 'libs/embedded/src/writer.ts', find: 'await a', replace: 'a' }]);
 *     spawn(process.execPath, [...execArgv, script], { env: { ...process.env, ...env } });
 *
 * The subprocess ends with `PLANT_FAILED` when `find` does not occur exactly once, or when it comes to its end
 * without having loaded the file.
 */
export interface Patch {
  /** Path from the repository's root, with slashes. */
  readonly file: string;
  /** Text as it stands in the file, types included; must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const PLANT_VARIABLE = 'MILLRACE_PLANT';
/** Exit code of a subprocess in which a bug could not be planted. */
export const PLANT_FAILED = 86;

/** What to give a subprocess so that it runs with the patches. */
export function planted(patches: readonly Patch[]): { execArgv: string[]; env: Record<string, string> } {
  const hook = new URL('./plant-hook.ts', import.meta.url).href;
  return { execArgv: ['--import', hook], env: { [PLANT_VARIABLE]: JSON.stringify(patches) } };
}

/** @throws when `find` does not occur exactly once. */
export function applyPatch(source: string, patch: Patch): string {
  const occurrences = patch.find === '' ? 0 : source.split(patch.find).length - 1;
  if (occurrences !== 1) {
    throw new Error(
      `plant: "${patch.find}" occurs ${occurrences} times in ${patch.file}, and must occur once. ` +
        'The code has changed since the patch was written: bring the patch up to date.',
    );
  }
  return source.replace(patch.find, () => patch.replace);
}
