import { type Embedded, openEmbedded } from '@millrace/embedded/open';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { Plan } from '@millrace/pipeline/plan';
import { Failure } from './failure.ts';

/** Everything that a pipeline keeps in one data folder. */
export type EmbeddedPorts = Embedded;

/** @throws Failure when another process runs the folder, or when it can't be read or written. */
export async function openPorts(folder: string, plan: Plan, logger: Logger): Promise<EmbeddedPorts> {
  return orFailure(openEmbedded(folder, { lanes: plan.lanes, logger }));
}

/** To look at what is in the folder, also beside the process that runs it. @throws Failure */
export async function readPorts(folder: string): Promise<EmbeddedPorts> {
  return orFailure(openEmbedded(folder, { readonly: true }));
}

/** What can be wrong with a folder is said by the message; there is no other way in which opening fails. */
async function orFailure(opening: Promise<Embedded>): Promise<Embedded> {
  try {
    return await opening;
  } catch (error) {
    throw new Failure((error as Error).message, undefined, { cause: error });
  }
}
