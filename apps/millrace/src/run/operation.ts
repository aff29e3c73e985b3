import { readConfiguration } from '@millrace/service/configuration/configuration';
import { createLog } from '@millrace/service/log';
import type { Operation } from '@millrace/service/operations';
import { tellWarnings } from '@millrace/service/process-warnings';
import type { Surroundings } from '../command.ts';
import { requirePlan } from '../load-pipeline.ts';

/** Where the servers are. */
export const SERVERS_HELP =
  'Where the servers are, and how to log in, is told as it is told the services: by MILLRACE_KAFKA and the other variables of docs/configuration.md, or by the file that MILLRACE_CONFIG names.';

const REQUIRED = ['kafka', 'registry', 'redis', 'cassandra'] as const;

/** What is done to the whole of a distributed pipeline, from a document and the environment. */
export async function operationOn(file: string, { err, env }: Surroundings): Promise<Operation> {
  const configuration = readConfiguration(env, REQUIRED);
  const plan = await requirePlan(file);
  const logger = createLog({ level: 'warn', format: 'pretty', colour: err.paint('red', 'x') !== 'x' }, err);
  tellWarnings((warning, message) => logger.warn({ warning }, message));
  return { plan, configuration, logger, onProgress: (text) => err.line(text) };
}
