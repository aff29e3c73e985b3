import type { Logger } from '@millrace/lanes/ports/logger';
import type { logCreator } from 'kafkajs';

/** The same words again within this time say nothing new: a broker that is away is tried every second. */
const AGAIN_MS = 30_000;
/** Of different words; with more, those that are forgotten may come again. */
const REMEMBERED_MAX = 100;

/**
 * kafkajs' own lines, all as information: what it calls an error is a try that failed, or a rebalance. What fails in
 * the end is an error of the port, and is told by whoever tries again.
 */
export function logTo(logger: Logger, now: () => number = () => performance.now()): logCreator {
  const saidAt = new Map<string, number>();

  function isNew(text: string): boolean {
    const at = saidAt.get(text);
    if (at !== undefined && now() - at < AGAIN_MS) return false;
    if (saidAt.size >= REMEMBERED_MAX) saidAt.clear();
    saidAt.set(text, now());
    return true;
  }

  return () =>
    ({ namespace, log: { message, timestamp: _, logger: __, stack: ___, ...fields } }) => {
      const text = `kafka client${namespace ? `, ${namespace}` : ''}: ${message}`;
      if (isNew(text)) logger.info(fields, text);
    };
}
