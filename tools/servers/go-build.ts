import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from './tool.ts';

const PROGRESS_MS = 30_000;

/** Builds a program from the module in NAME/, whose go.sum holds the checksum of every dependency. */
export function goBuild(name: string, program: string) {
  return async (folder: string, progress: (line: string) => void): Promise<void> => {
    // Go may write to go.sum, which is not its business here.
    const module = join(folder, 'module');
    cpSync(join(import.meta.dirname, name), module, { recursive: true });
    const timer = setInterval(() => progress(`${name}: Go still builds (about 5 minutes)`), PROGRESS_MS);
    const env = { ...process.env, CGO_ENABLED: '0' };
    const output = ['-o', join(folder, name)];
    try {
      await runTool(
        ['go', 'build', '-C', module, '-mod=mod', '-buildvcs=false', '-ldflags=-s -w', ...output, program],
        () => {},
        env,
      );
    } finally {
      clearInterval(timer);
      rmSync(module, { recursive: true, force: true });
    }
  };
}
