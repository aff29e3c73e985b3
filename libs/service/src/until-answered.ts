import type { Clock } from '@millrace/lanes/ports/clock';
import type { Logger } from '@millrace/lanes/ports/logger';
import { Failure } from './failure.ts';

const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 3_000;
/** Between two lines of the log about the same wait. */
const PROGRESS_MS = 5_000;

/** Errors that waiting does not mend, by name: their classes belong to the adapters. */
const LASTING = new Set([
  'KafkaSetupError',
  'TopicError',
  'SchemaIncompatible',
  'RedisSetupError',
  'CassandraRefused',
  'RangeError',
  'TypeError',
]);

export interface Waiting {
  readonly clock: Clock;
  readonly logger: Logger;
  /** After this long the log warns. */
  readonly patienceMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Null: it answers. */
  onState(reason: string | null): void;
}

/**
 * Tries for as long as it takes until a server answers: servers start in any order, and come back.
 * @throws what waiting does not mend: a wrong password, topics that differ, a defect.
 */
export async function untilAnswered<T>(
  waiting: Waiting,
  what: string,
  attempt: () => Promise<T>,
): Promise<T> {
  const { clock, logger, patienceMs, signal, onState } = waiting;
  const since = clock.now();
  let toldAt = Number.NEGATIVE_INFINITY;
  onState(`${what} has not answered yet`);
  for (let pauseMs = PAUSE_MIN_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS)) {
    try {
      const answer = await attempt();
      if (toldAt > 0) logger.info({ waitedMs: clock.now() - since }, `${what} answers`);
      onState(null);
      return answer;
    } catch (error) {
      if (lasts(error)) throw error;
      const reason = (error as Error).message;
      onState(`${what} does not answer: ${reason}`);
      const now = clock.now();
      if (now - toldAt >= PROGRESS_MS) {
        toldAt = now;
        const level = now - since > patienceMs ? 'warn' : 'info';
        logger[level]({ reason, waitedMs: now - since }, `waiting for ${what}`);
      }
    }
    signal.throwIfAborted();
    await clock.sleep(pauseMs);
    signal.throwIfAborted();
  }
}

/** Whether the same would come of trying again. */
export function lasts(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Failure || LASTING.has(cause.name)) return true;
    if (cause.name === 'RegistryError') return (cause as { readonly passing?: boolean }).passing === false;
  }
  return !(error instanceof Error);
}
