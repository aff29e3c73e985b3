import { once } from 'node:events';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Keeper, Kept } from './keeper.ts';
import { PortTaken, untilFree } from './ports.ts';
import { identify } from './process-identity.ts';

export type Kind = 'kafka' | 'registry' | 'redis' | 'cassandra' | 'jaeger';

/** What a server says of itself, on chosen ports and in a folder of its own. */
export interface Program {
  /** Its name: of Millrace's own servers a `Kind`. */
  kind: string;
  folder: string;
  /** All that it listens on. */
  ports: readonly number[];
  /** As a client takes it: `host:port`, or a URL. */
  address: string;
  /** For people to look at. */
  page?: string;
  /** Writes what the command needs; runs before every start. */
  prepare?(keeper: Keeper): Promise<void>;
  command: readonly string[];
  /** Default: this process's. */
  env?: NodeJS.ProcessEnv;
  /** @param printed what it has printed since it was started */
  isReady(printed: string): boolean | Promise<boolean>;
  /** Once it answers for the first time. */
  furnish?(): Promise<void>;
}

/** A real server. Every method may be called again, and in any order; they don't overlap. */
export interface Server {
  readonly kind: string;
  readonly address: string;
  /** A URL for people to look at, where it has one. */
  readonly page: string | null;
  readonly folder: string;
  readonly logPath: string;
  /** Null while it doesn't run. */
  readonly pid: number | null;
  /** True while no process of it runs. */
  ended(): boolean;
  /** On the same folder and ports as before; returns once it answers. */
  start(): Promise<void>;
  /** As an operator does, so that it may write what it holds; killed where that takes too long. */
  stop(): Promise<void>;
  /** SIGKILL; returns once the process is gone. */
  kill9(): Promise<void>;
  /** SIGSTOP: it stays there but does nothing, until `resume`. */
  pause(): void;
  resume(): void;
}

const READY_WITHIN_MS = 180_000;
const STOPS_WITHIN_MS = 30_000;
const PORT_FREE_WITHIN_MS = 5_000;
const POLL_MS = 25;
const TAIL_LINES = 20;

export function createServer(program: Program, keeper: Keeper): Server {
  const { kind, folder, address } = program;
  mkdirSync(folder, { recursive: true });
  const logPath = join(folder, `${kind}.log`);
  const recordPath = join(folder, `${kind}.pid`);
  let kept: Kept | null = null;
  let isFurnished = false;

  const running = (): Kept | null =>
    kept !== null && kept.child.exitCode === null && kept.child.signalCode === null ? kept : null;
  const signal = (name: NodeJS.Signals) => running()?.child.kill(name);

  async function end(name: 'SIGTERM' | 'SIGKILL', withinMs: number): Promise<void> {
    const current = running();
    if (current === null) return;
    const exit = once(current.child, 'exit');
    // One that is paused would not hear of SIGTERM.
    signal('SIGCONT');
    signal(name);
    const late = setTimeout(() => signal('SIGKILL'), withinMs);
    await exit;
    clearTimeout(late);
  }

  async function untilReady(from: number): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    const printed = () => textFrom(logPath, from);
    const failure = (what: string) => {
      const tail = printed().trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
      return `${kind} ${what}. The end of ${logPath}:\n${tail}`;
    };
    while (!(await program.isReady(printed()))) {
      if (running() === null) {
        const Kind = /address already in use|BindException|seems to be in use/i.test(printed())
          ? PortTaken
          : Error;
        throw new Kind(failure('ended before it was ready'));
      }
      if (performance.now() > deadline) {
        await end('SIGKILL', STOPS_WITHIN_MS);
        throw new Error(failure(`was not ready within ${READY_WITHIN_MS / 1000} s`));
      }
      await sleep(POLL_MS);
    }
  }

  return {
    kind,
    address,
    page: program.page ?? null,
    folder,
    logPath,
    get pid() {
      return running()?.pid ?? null;
    },
    ended: () => running() === null,
    async start() {
      if (running() !== null) return;
      refuseSecond(recordPath, folder);
      for (const port of program.ports) await untilFree(port, PORT_FREE_WITHIN_MS);
      await program.prepare?.(keeper);
      const from = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0;
      const { command, env = process.env } = program;
      kept = await keeper.launch(command, { logPath, cwd: folder, env });
      writeFileSync(recordPath, kept.identity);
      await untilReady(from);
      if (!isFurnished) await program.furnish?.();
      isFurnished = true;
    },
    stop: () => end('SIGTERM', STOPS_WITHIN_MS),
    kill9: () => end('SIGKILL', STOPS_WITHIN_MS),
    pause: () => void signal('SIGSTOP'),
    resume: () => void signal('SIGCONT'),
  };
}

/** Two servers on one folder would ruin it, and not every server notices. */
function refuseSecond(recordPath: string, folder: string): void {
  let identity: string;
  try {
    identity = readFileSync(recordPath, 'utf8');
  } catch {
    return;
  }
  const pid = Number.parseInt(identity, 10);
  if (identify(pid) === identity) {
    throw new Error(`process ${pid} already runs on ${folder}: stop that one, or take another folder`);
  }
}

function textFrom(path: string, from: number): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - from));
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, from));
  } finally {
    closeSync(file);
  }
}
