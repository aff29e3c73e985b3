import type { Logger } from '@millrace/lanes/ports/logger';
import type { logCreator } from 'kafkajs';

/**
 * kafkajs' own lines, all as information: what it calls an error is a try that failed, or a rebalance. What fails in
 * the end is an error of the port, and is told by whoever tries again.
 */
export function logTo(logger: Logger): logCreator {
  return () =>
    ({ namespace, log: { message, timestamp: _, logger: __, ...fields } }) =>
      logger.info(fields, `kafka client${namespace ? `, ${namespace}` : ''}: ${message}`);
}
