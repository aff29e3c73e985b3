import { formatFault } from '@millrace/pipeline/faults';
import { EXIT } from '@millrace/service/exit-codes';
import { bundledBytes, type Part, sizeWarning } from '../bundle/size.ts';
import type { CommandModule } from '../command.ts';
import { fileFaults } from '../file-faults.ts';
import { loadPipeline } from '../load-pipeline.ts';

export const lint: CommandModule = {
  name: 'lint',
  summary: 'check a pipeline document, its schema, functions and expressions',
  examples: [
    ['millrace lint pipeline.yaml', 'prints nothing but a summary when all is well'],
    ['millrace lint pipelines/*.yaml', 'checks several'],
    ['millrace lint pipeline.yaml --no-files', 'where the data is not at hand'],
  ],
  declare(command, { out }, end) {
    command
      .argument('<files...>', 'pipeline documents')
      .description(
        'Prints `file:line:column: message (hint)` for every fault, and ends with 1 if there are any. Opens the files of sources and tables, too. Warns, without ending with 1, of a document that is too large for a ConfigMap as a bundle.',
      )
      .option('--no-files', 'leave the files of sources and tables out, where they are not at hand')
      .action(async (files: readonly string[], options: { readonly files: boolean }) => {
        let count = 0;
        for (const file of files) {
          const parts: Part[] = [];
          const { plan, faults: own } = await loadPipeline(file, (named, path) =>
            parts.push({ named, path }),
          );
          const faults = plan === null || !options.files ? own : [...own, ...(await fileFaults(file, plan))];
          count += faults.length;
          for (const fault of faults) out.line(formatFault(fault));
          if (plan !== null && faults.length === 0)
            out.line(`${out.paint('green', '✓')} ${file}: ${summaryOf(plan)}`);
          const warning = sizeWarning(bundledBytes(file, parts), parts);
          if (warning !== null) out.line(`${out.paint('yellow', '!')} ${file}: ${warning}`);
        }
        if (count > 0) out.line(out.paint('red', `${count} ${count === 1 ? 'fault' : 'faults'}`));
        end(count > 0 ? EXIT.faults : EXIT.ok);
      });
  },
};

interface Counted {
  readonly pipeline: string;
  readonly sources: readonly unknown[];
  readonly windows: readonly unknown[];
  readonly detectors: readonly unknown[];
  readonly routes: readonly unknown[];
  readonly cases: readonly unknown[];
}

function summaryOf({ pipeline, sources, windows, detectors, routes, cases }: Counted): string {
  const parts = Object.entries({
    source: sources,
    window: windows,
    detector: detectors,
    route: routes,
    case: cases,
  })
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${list.length} ${name}${list.length === 1 ? '' : 's'}`);
  return `${pipeline}, ${parts.join(', ')}`;
}
