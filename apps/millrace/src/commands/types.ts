import { EXIT } from '@millrace/service/exit-codes';
import type { CommandModule } from '../command.ts';
import { requirePlan } from '../load-pipeline.ts';
import { typesText } from '../types/types-text.ts';

export const types: CommandModule = {
  name: 'types',
  summary: "print TypeScript types of a pipeline's event, enrichments, windows and alerts",
  examples: [
    ['millrace types pipeline.yaml > pipeline.types.ts', 'for functions, and for whoever reads the results'],
  ],
  declare(command, { out }, end) {
    command.argument('<file>', 'a pipeline document').action(async (file: string) => {
      out.write(typesText(await requirePlan(file)));
      end(EXIT.ok);
    });
  },
};
