import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonWith } from '@millrace/tools/servers/python';
import { ProgramsMissing } from '@millrace/tools/servers/servers';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** A program of this folder, running. */
export interface Script {
  readonly child: ChildProcess;
  /** Its output. Rejects with what it said when it fails. */
  readonly ended: Promise<string>;
}

/** Null: there is no Python here, and that may be. @throws Error where it must be. */
export async function findPython(): Promise<string | null> {
  try {
    return await pythonWith(join(FOLDER, 'requirements.txt'), (line) => console.log(line));
  } catch (error) {
    if (!(error instanceof ProgramsMissing) || process.env.CI === 'true') throw error;
    console.warn(
      `SKIPPED: programs in Python that read and write Kafka topics, since they are ${error.message}.`,
    );
    return null;
  }
}

/** @param python from `findPython` */
export function script(python: string, name: string, ...args: string[]): Script {
  const env = { ...process.env, KAFKA: process.env.MILLRACE_KAFKA, REGISTRY: process.env.MILLRACE_REGISTRY };
  const child = spawn(python, [join(FOLDER, name), ...args], { env });
  let printed = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`${name} ended with ${code}: ${said}`);
    return printed;
  });
  ended.catch(() => {});
  return { child, ended };
}
