import { EXIT } from '@millrace/service/exit-codes';
import { Option } from 'commander';
import type { CommandModule } from '../command.ts';
import { topologyMermaid } from '../explain/mermaid.ts';
import { topologyText } from '../explain/text.ts';
import { requirePlan } from '../load-pipeline.ts';

export const explain: CommandModule = {
  name: 'explain',
  summary: 'show what a pipeline does: stages, topics, state, routes',
  examples: [
    ['millrace explain pipeline.yaml', 'as text'],
    ['millrace explain pipeline.yaml --format mermaid > pipeline.mmd', 'as a Mermaid flowchart'],
    ['millrace explain pipeline.yaml --format json', 'as a value for other programs'],
  ],
  declare(command, { out }, end) {
    command
      .argument('<file>', 'a pipeline document')
      .addOption(
        new Option('--format <format>', 'how to print it')
          .choices(['text', 'mermaid', 'json'])
          .default('text'),
      )
      .action(async (file: string, { format }: { format: string }) => {
        const { topology } = await requirePlan(file);
        if (format === 'json') out.line(JSON.stringify(topology, null, 2));
        else out.write(format === 'mermaid' ? topologyMermaid(topology) : topologyText(topology));
        end(EXIT.ok);
      });
  },
};
