import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What a child says. CPU in microseconds, user and system, since `ready`. */
export type Said =
  | { readonly kind: 'ready'; readonly url?: string }
  | { readonly kind: 'drained'; readonly cpuUs: number; readonly records: number }
  | { readonly kind: 'cpu'; readonly cpuUs: number };

/** A process of the benchmark, until it is stopped. */
export interface Child {
  readonly ready: Extract<Said, { kind: 'ready' }>;
  /** Waits for what it says on its own. */
  drained(): Promise<Extract<Said, { kind: 'drained' }>>;
  cpuUs(): Promise<number>;
  stop(): Promise<void>;
}

/** Resolves once it is ready. */
export async function startChild(script: URL, options: object): Promise<Child> {
  const execArgv = [...process.execArgv, ...(process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [])];
  const child = fork(script, [JSON.stringify(options)], { execArgv });
  const exited = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${script.pathname} ${JSON.stringify(options)} has ended (${code ?? signal})`);
  });
  exited.catch(() => {});
  const heard = <K extends Said['kind']>(kind: K) =>
    Promise.race([
      new Promise<Extract<Said, { kind: K }>>((resolve) => {
        const listen = (said: Said) => {
          if (said.kind !== kind) return;
          child.off('message', listen);
          resolve(said as Extract<Said, { kind: K }>);
        };
        child.on('message', listen);
      }),
      exited,
    ]);
  const drained = heard('drained');
  drained.catch(() => {});
  return {
    ready: await heard('ready'),
    drained: () => drained,
    async cpuUs() {
      const answer = heard('cpu');
      child.send('cpu');
      return (await answer).cpuUs;
    },
    async stop() {
      child.send('stop');
      await exited.catch(() => {});
    },
  };
}

/** The child's own side: answers for its CPU, and ends when told. */
export function serveParent(close: () => Promise<void>) {
  const started = process.cpuUsage();
  const cpuUs = () => {
    const { user, system } = process.cpuUsage(started);
    return user + system;
  };
  const say = (said: Said) => process.send!(said);
  // The benchmark has failed.
  process.on('disconnect', () => process.exit(1));
  process.on('message', async (asked) => {
    if (asked === 'cpu') say({ kind: 'cpu', cpuUs: cpuUs() });
    else {
      await close();
      process.exit(0);
    }
  });
  return {
    ready: (url?: string) => say({ kind: 'ready', ...(url !== undefined && { url }) }),
    drained: (records: number) => say({ kind: 'drained', cpuUs: cpuUs(), records }),
  };
}
