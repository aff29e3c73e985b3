import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from './tool.ts';

const PROGRESS_MS = 3_000;

/**
 * Brings what maven/NAME.xml names through Maven, whose settings say from where, and unpacks archives.
 * It must be what maven/NAME.sha256 lists.
 */
export function mavenCopy(name: string, goal: string) {
  return async (folder: string, progress: (line: string) => void): Promise<void> => {
    let files = 0;
    const timer = setInterval(() => files > 0 && progress(`${name}: ${files} files so far`), PROGRESS_MS);
    const heard = (line: string) => {
      if (line.includes('Downloaded from')) files += 1;
    };
    const project = pinned(name, 'xml');
    const options = ['-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
    try {
      await runTool(['mvn', '--batch-mode', '--strict-checksums', '-f', project, goal, ...options], heard);
    } finally {
      clearInterval(timer);
    }
    verify(name, folder);
    for (const archive of readdirSync(folder).filter((file) => file.endsWith('.tar.gz'))) {
      await runTool(['tar', '-xzf', join(folder, archive), '-C', folder], () => {});
      rmSync(join(folder, archive));
    }
  };
}

function verify(name: string, folder: string): void {
  const wanted = readFileSync(pinned(name, 'sha256'), 'utf8').trimEnd().split('\n').sort();
  const found = readdirSync(folder)
    .map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(join(folder, file)))
          .digest('hex')}  ${file}`,
    )
    .sort();
  const wrong = [
    ...found.filter((line) => !wanted.includes(line)).map((line) => `came: ${line}`),
    ...wanted.filter((line) => !found.includes(line)).map((line) => `pinned: ${line}`),
  ];
  if (wrong.length > 0) {
    throw new Error(`what Maven brought is not what ${pinned(name, 'sha256')} lists:\n${wrong.join('\n')}`);
  }
}

function pinned(name: string, ending: 'xml' | 'sha256'): string {
  return join(import.meta.dirname, 'maven', `${name}.${ending}`);
}
