import { execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
/** Inside a container others than these may not be had. */
const LIMITS = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=32768:32768'];

/** buildah and podman on one store of their own, which goes with its folder. */
export interface Containers {
  /** Prints what it does to standard error. */
  buildah(...args: readonly string[]): Promise<void>;
  /** @returns its standard output. @throws with both outputs in the message. */
  podman(...args: readonly string[]): Promise<string>;
  readonly limits: readonly string[];
}

export function openContainers(folder: string): Containers {
  const store = [
    '--root',
    join(folder, 'store'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'overlay',
  ];
  return {
    buildah: (...args) => spawned('buildah', [...store, ...args]),
    async podman(...args) {
      const runtime = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs'];
      const { stdout } = await run('podman', [...store, ...runtime, ...args], {
        maxBuffer: OUTPUT_BYTES_MAX,
      });
      return stdout.trim();
    },
    limits: LIMITS,
  };
}

/** Runs a program whose output people may want to see. */
export function spawned(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', process.stderr, process.stderr] });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}`));
    });
  });
}

/** Those that are not on the PATH. */
export function missingOf(programs: readonly string[]): readonly string[] {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return programs.filter((program) => !folders.some((folder) => isExecutable(join(folder, program))));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
