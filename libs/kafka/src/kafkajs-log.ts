import type { Logger } from '@millrace/lanes/ports/logger';
import { type logCreator, logLevel } from 'kafkajs';

/** kafkajs' own lines; an error of it is a try that failed, which it or the lanes repeat. */
export function logTo(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log: { message, timestamp: _, logger: __, ...fields } }) => {
      const text = `kafka client, ${namespace}: ${message}`;
      if (level <= logLevel.WARN) logger.warn(fields, text);
      else logger.info(fields, text);
    };
}
