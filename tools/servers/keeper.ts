import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { identify } from './process-identity.ts';

export interface LaunchOptions {
  /** What the process prints is appended here. */
  logPath: string;
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

export interface Kept {
  child: ChildProcess;
  pid: number;
  identity: string;
}

/** Starts processes that never outlive this one, not even where this one is killed without a chance to clean up. */
export interface Keeper {
  launch(command: readonly string[], options: LaunchOptions): Promise<Kept>;
  /** Removes the folder at the end, when all processes are gone. */
  removeAtEnd(folder: string): Promise<void>;
  /** Kills what still runs, and returns once all is gone. */
  close(): Promise<void>;
}

const WATCH = fileURLToPath(new URL('./keep-watch.ts', import.meta.url));
/** Waits for a word before it becomes the command, with the same id: by then the watch knows of it. */
const WAIT_FOR_GO = 'read -r go && exec "$@" </dev/null';

/** One other process keeps watch: its input is a pipe from here, which the system closes whenever this process ends. */
export function createKeeper(): Keeper {
  const watch = spawn(process.execPath, [WATCH], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
  const input = watch.stdin!;
  watch.unref();
  (input as unknown as { unref(): void }).unref();
  const ended = once(watch, 'exit');
  const tell = (line: string) =>
    new Promise<void>((resolve, reject) =>
      input.write(`${line}\n`, (error) => (error ? reject(error) : resolve())),
    );
  return {
    async launch(command, { logPath, cwd, env = process.env }) {
      const log = openSync(logPath, 'a');
      // A session of its own: Ctrl-C in the terminal is for this process, which then ends them in order.
      const child = spawn('/bin/sh', ['-c', WAIT_FOR_GO, 'sh', ...command], {
        stdio: ['pipe', log, log],
        detached: true,
        cwd,
        env,
      });
      closeSync(log);
      await once(child, 'spawn');
      const pid = child.pid!;
      const identity = identify(pid);
      if (identity === null) throw new Error(`${command[0]} ended before it began: see ${logPath}`);
      await tell(`end ${identity}`);
      child.stdin!.on('error', () => {}); // It may be killed before it reads.
      child.stdin!.end('go\n');
      return { child, pid, identity };
    },
    removeAtEnd: (folder) => tell(`remove ${folder}`),
    async close() {
      watch.ref();
      input.end();
      await ended;
    },
  };
}
