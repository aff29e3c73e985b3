import { EXIT } from '@millrace/service/exit-codes';
import { rebuild as rebuildLanes } from '@millrace/service/operations';
import type { CommandModule } from '../command.ts';
import { operationOn, SERVERS_HELP } from '../run/operation.ts';

export const rebuild: CommandModule = {
  name: 'rebuild',
  summary: 'compute the lost state of a distributed pipeline anew from its topics',
  examples: [
    ['millrace rebuild pipeline.yaml', 'the lanes that stopped with state_lost or state_damaged'],
    ['millrace rebuild pipeline.yaml --all', 'every lane of aggregate and of the merge'],
  ],
  declare(command, surroundings, end) {
    const { out } = surroundings;
    command
      .argument('<file>', 'a pipeline document')
      .description(
        `Tells lanes that have lost their state in Redis to compute it anew from what the topics hold. Services that run take it up within seconds; what the topics no longer hold can't be computed again, and windows and detectors that reach back further lack it.\n\n${SERVERS_HELP}`,
      )
      .option('--all', 'also lanes whose state is there')
      .action(async (file: string, { all = false }: { readonly all?: boolean }) => {
        const keys = await rebuildLanes(await operationOn(file, surroundings), all);
        for (const key of keys) out.line(key);
        if (keys.length === 0) out.line('no lane has lost its state; --all rebuilds them nonetheless');
        end(EXIT.ok);
      });
  },
};
