import type { Logger } from '@millrace/lanes/ports/logger';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** How long a program may take to finish what it has begun after the first signal. */
export const DRAIN_MS = 20_000;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface Running {
  /** Resolves when there is nothing more to do; rejects when it can't go on. */
  readonly finished: Promise<void>;
  /** Takes nothing new in, finishes what it has, and lets go of everything. */
  close(): Promise<void>;
}

/**
 * Runs until it is finished, or until a signal: SIGINT or SIGTERM lets it drain within `drainMs`; another one ends
 * it at once. Nothing that was acknowledged is lost either way.
 * @throws what `finished` or `close` rejects with.
 */
export async function untilSignalled(
  running: Running,
  log: Logger,
  drainMs: number = DRAIN_MS,
): Promise<ExitCode> {
  const signals = listen();
  try {
    const first = await Promise.race([signals.next(), running.finished.then(() => null)]);
    if (first !== null) log.info({ signal: first }, 'draining; once more to end at once');
    const again = signals.next();
    const outcome = await Promise.race([
      running.close().then(() => 'drained' as const),
      again.then(() => 'again' as const),
      signals.after(drainMs),
    ]);
    if (outcome === 'drained') return EXIT.ok;
    if (outcome === 'late') {
      log.warn({ drainMs }, 'not drained in time; what was acknowledged is processed at the next start');
    }
    return EXIT.interrupted;
  } catch (error) {
    // What failed can hold nothing back any more.
    await Promise.race([running.close().catch(() => {}), signals.next(), signals.after(drainMs)]);
    throw error;
  } finally {
    signals.end();
  }
}

function listen() {
  const waiting: ((signal: string) => void)[] = [];
  const pass = (signal: string): void => {
    for (const resolve of waiting.splice(0)) resolve(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  const timers: NodeJS.Timeout[] = [];
  return {
    next: () => new Promise<string>((resolve) => waiting.push(resolve)),
    after: (ms: number) =>
      new Promise<'late'>((resolve) => {
        timers.push(setTimeout(() => resolve('late'), ms));
      }),
    end(): void {
      for (const signal of SIGNALS) process.off(signal, pass);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
