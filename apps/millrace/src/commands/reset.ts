import { createInterface } from 'node:readline/promises';
import { EXIT } from '@millrace/service/exit-codes';
import { Failure } from '@millrace/service/failure';
import { reset as resetAll } from '@millrace/service/operations';
import type { CommandModule } from '../command.ts';
import { operationOn, SERVERS_HELP } from '../run/operation.ts';

export const reset: CommandModule = {
  name: 'reset',
  summary: 'start a new generation of a distributed pipeline, giving up what its topics hold',
  examples: [
    ['millrace reset pipeline.yaml', 'asks first'],
    ['millrace reset pipeline.yaml --yes', 'does not ask'],
  ],
  declare(command, surroundings, end) {
    command
      .argument('<file>', 'a pipeline document')
      .description(
        `Deletes the topics, positions and state of a distributed pipeline and makes them anew: for another number of lanes, or after its topics were cut. Its services, ingest too, have to be stopped. Results in Cassandra stay until the new generation replaces them.\n\n${SERVERS_HELP}`,
      )
      .option('--yes', "don't ask")
      .action(async (file: string, { yes = false }: { readonly yes?: boolean }) => {
        const operation = await operationOn(file, surroundings);
        if (!yes) await confirm(operation.plan.pipeline);
        await resetAll(operation);
        end(EXIT.ok);
      });
  },
};

/** @throws Failure when nobody can answer, or the answer is another. */
async function confirm(pipeline: string): Promise<void> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    throw new Failure(
      `reset gives up what the topics of ${pipeline} hold, also what nobody has processed yet. Add --yes to do it.`,
      EXIT.usage,
    );
  }
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    const question = `All that the topics of ${pipeline} hold is given up, also what nobody has processed yet.\nType the name of the pipeline to go on: `;
    const answer = await lines.question(question);
    if (answer.trim() !== pipeline) throw new Failure('nothing was changed.', EXIT.faults);
  } finally {
    lines.close();
  }
}
