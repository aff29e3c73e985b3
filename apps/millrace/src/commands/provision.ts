import { EXIT } from '@millrace/service/exit-codes';
import { provision as provisionAll } from '@millrace/service/operations';
import type { CommandModule } from '../command.ts';
import { operationOn, SERVERS_HELP } from '../run/operation.ts';

export const provision: CommandModule = {
  name: 'provision',
  summary: 'make the topics, schemas and tables of a distributed pipeline',
  examples: [
    ['millrace provision pipeline.yaml', 'makes what is missing, checks what is there; any number of times'],
  ],
  declare(command, surroundings, end) {
    command
      .argument('<file>', 'a pipeline document')
      .description(
        `Makes the topics, schemas and tables of a distributed pipeline, and checks those that are there. The services do the same at their start; run it first where they may not create anything.\n\n${SERVERS_HELP}`,
      )
      .action(async (file: string) => {
        await provisionAll(await operationOn(file, surroundings));
        end(EXIT.ok);
      });
  },
};
