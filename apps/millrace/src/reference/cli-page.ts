import { EXIT_MEANINGS } from '@millrace/service/exit-codes';
import type { Command } from 'commander';
import { commands } from '../commands.ts';
import { createProgram } from '../program.ts';
import { createTerminal } from '../terminal.ts';

/** Help is wrapped here, whatever the terminal. */
const COLUMNS = 100;

/** The text of docs/cli.md: what each command's `--help` says. */
export function cliPage(): string {
  const nowhere = createTerminal({ write: () => {} }, {});
  const program = createProgram({ out: nowhere, err: nowhere, env: {} }, () => {});
  const sections = program.commands
    .filter((command) => commands.some(({ name }) => name === command.name()))
    .flatMap((command) => [command, ...command.commands.filter((inner) => inner.name() !== 'help')])
    .map((command) => `## ${nameOf(command)}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`);
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `| ${code} | ${meaning} |`).join('\n');
  return `# The command line

\`millrace COMMAND\`, in this repository \`npm run -s millrace -- COMMAND\`. This page is what \`--help\` says; it is written by
\`npm run -w apps/millrace reference\`.

Results go to standard output, everything else (progress, logs, errors) to standard error. Colours and the live line of
\`run\` are for terminals; \`NO_COLOR\` turns colours off. Where the standard error is no terminal, logs are JSON lines.

| exit code | meaning |
|---|---|
${codes}

${sections.join('\n')}`;
}

function nameOf(command: Command): string {
  const parent = command.parent?.name();
  return parent === undefined || parent === 'millrace' ? command.name() : `${parent} ${command.name()}`;
}

/** With the examples, which commander keeps apart. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => COLUMNS,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trim();
}
