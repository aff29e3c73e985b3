import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MILLRACE = join(import.meta.dirname, '../../apps/millrace/src/main.ts');
const WITHIN_MS = 60_000;

/** The documented command. @returns what it printed */
export async function rebuild(
  document: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MILLRACE, 'rebuild', document], {
    env: { ...process.env, ...environment },
    timeout: WITHIN_MS,
  });
  return `${stdout}${stderr}`;
}
