import { writeFileSync } from 'node:fs';
import { EXIT } from '@millrace/service/exit-codes';
import { makeBundle } from '../bundle/make-bundle.ts';
import { sizeText, sizeWarning } from '../bundle/size.ts';
import type { CommandModule } from '../command.ts';

export const bundle: CommandModule = {
  name: 'bundle',
  summary: 'write a document, and all that it stands on, as one text',
  examples: [
    ['millrace bundle pipeline.yaml -o bundle.yaml', 'for `helm install --set-file pipeline=bundle.yaml`'],
    ['millrace bundle pipeline.ts', 'to standard output, with its size on standard error'],
  ],
  declare(command, { out, err }, end) {
    command
      .description(ABOUT)
      .argument('<file>', 'a pipeline document')
      .option('-o, --output <path>', 'where to write it (default: standard output)')
      .action(async (file: string, { output }: { readonly output?: string }) => {
        const { text, plan, packed, outside } = await makeBundle(file);
        if (output === undefined) out.write(text);
        else writeFileSync(output, text);
        const bytes = Buffer.byteLength(text);
        err.line(
          `${file}: ${sizeText(bytes)} with ${packed.map(({ named }) => named).join(', ') || 'no other file'}`,
        );
        for (const { named } of outside)
          err.line(`outside stays ${named}: it must be there where the services run`);
        for (const { name, config } of plan.sources.filter(({ kind }) => kind === 'file')) {
          err.line(`outside stays what source ${name} reads: ${config.path}`);
        }
        const warning = sizeWarning(bytes, packed);
        if (warning !== null) err.line(err.paint('yellow', `${file}: ${warning}`));
        end(EXIT.ok);
      });
  },
};

const ABOUT = `Writes one self-contained document: the schema, the functions' modules with what they import by relative
paths, and tables are inside. Every command and service takes it in place of the document, and the plan's hash is
the same.

Files with an absolute path stay outside, for tables too large for a ConfigMap: put those on a volume. What file
sources read is never inside.`;
