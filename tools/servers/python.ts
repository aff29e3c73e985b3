import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../bootstrap/lock.mjs';
import { cacheFolder } from './artifacts.ts';
import { ProgramsMissing } from './servers.ts';
import { runTool } from './tool.ts';

/** The oldest that the pinned packages run on. */
const OLDEST = [3, 11] as const;
const PROBE = 'import sys, venv, ensurepip; print(*sys.version_info[:2])';

/**
 * A Python with these packages, for programs of others that the tests run: a virtual environment in the cache, made once
 * on a machine for each list of packages. pip fetches them as the user has set it up.
 * @param requirements a file of exact versions, each with its checksums
 * @returns the interpreter's path
 * @throws ProgramsMissing where this machine has no Python that will do, or Error with what pip said last
 */
export async function pythonWith(requirements: string, progress: (line: string) => void): Promise<string> {
  const version = pythonVersion();
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const place = cacheFolder('python');
  const folder = join(place, `${version}-${digest}`);
  const make = async () => {
    if (!existsSync(folder)) await makeEnvironment(folder, place, requirements, progress);
  };
  if (!existsSync(folder)) await withLock('install', make, place);
  return interpreterIn(folder);
}

async function makeEnvironment(
  folder: string,
  place: string,
  requirements: string,
  progress: (line: string) => void,
): Promise<void> {
  const incoming = mkdtempSync(join(place, '.incoming-'));
  try {
    progress('making a Python environment, this once');
    await runTool(['python3', '-m', 'venv', incoming], () => {});
    const exactly = ['--require-hashes', '--only-binary', ':all:', '--no-input', '-r', requirements];
    await runTool([interpreterIn(incoming), '-m', 'pip', 'install', '--quiet', ...exactly], () => {});
    // Only whole ones ever have the final name. (Its interpreter finds its packages wherever it lies.)
    renameSync(incoming, folder);
  } finally {
    rmSync(incoming, { recursive: true, force: true });
  }
}

function interpreterIn(environment: string): string {
  return join(environment, 'bin', 'python');
}

function pythonVersion(): string {
  const { status, stdout } = spawnSync('python3', ['-c', PROBE], { encoding: 'utf8', env: process.env });
  const wanted = `Python ${OLDEST.join('.')} or newer with venv (python3, python3-venv)`;
  if (status !== 0) throw new ProgramsMissing(`not on this machine: ${wanted}`);
  const [major, minor] = stdout.trim().split(' ').map(Number) as [number, number];
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new ProgramsMissing(`not on this machine: ${wanted}; python3 is ${major}.${minor}`);
  return `${major}.${minor}`;
}
