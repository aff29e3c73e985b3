/** Loaded with `--import` by the subprocesses of `planted`; not for importing. */
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { applyPatch, type Patch, PLANT_FAILED, PLANT_VARIABLE } from './plant.ts';

const STDERR = 2;
const patches: readonly Patch[] = JSON.parse(process.env[PLANT_VARIABLE] ?? '[]');
const missing = new Set(patches);

function fail(message: string): never {
  writeSync(STDERR, `${message}\n`);
  process.exit(PLANT_FAILED);
}

if (patches.length === 0) fail(`plant: ${PLANT_VARIABLE} names no patch`);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const mine = patches.filter((patch) => new URL(url).pathname.endsWith(`/${patch.file}`));
    if (mine.length === 0) return loaded;
    let source = sourceText(loaded.source, url);
    for (const patch of mine) {
      try {
        source = applyPatch(source, patch);
      } catch (error) {
        // The loader's caller could catch the error and go on without the bug.
        fail((error as Error).message);
      }
      missing.delete(patch);
    }
    return { ...loaded, source };
  },
});

process.on('exit', () => {
  for (const patch of missing) {
    writeSync(STDERR, `plant: ${patch.file} was never loaded\n`);
    process.exitCode = PLANT_FAILED;
  }
});

function sourceText(source: unknown, url: string): string {
  if (typeof source === 'string') return source;
  if (source instanceof Uint8Array) return Buffer.from(source).toString('utf8');
  return fail(`plant: the loader gave no source for ${url}`);
}
