import { EXIT, EXIT_MEANINGS, type ExitCode } from '@millrace/service/exit-codes';
import { failureOf } from '@millrace/service/failure';
import { Command, CommanderError } from 'commander';
import type { CommandModule, Surroundings } from './command.ts';
import { commands } from './commands.ts';
import { createTerminal } from './terminal.ts';
import { version } from './version.ts';

const ABOUT = `Real-time data processing: one pipeline document, every event accounted for exactly once.
Start with \`millrace lint FILE\` and \`millrace run FILE\`; each command has --help with examples.`;

/** Runs one command line and answers the exit code. Messages for people go to standard error. */
export async function runProgram(args: readonly string[]): Promise<ExitCode> {
  const surroundings: Surroundings = {
    out: createTerminal(process.stdout, process.env),
    err: createTerminal(process.stderr, process.env),
    env: process.env,
  };
  // Whoever read the output has seen enough (`millrace tail … | head`).
  process.stdout.on('error', ({ code: reason }: NodeJS.ErrnoException) => {
    if (reason === 'EPIPE') process.exit(EXIT.ok);
  });
  const ended = await runCommand(args, surroundings);
  await Promise.all([surroundings.out.flushed(), surroundings.err.flushed()]);
  return ended;
}

async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = createProgram(surroundings, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has said what is wrong; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { message, exitCode } = failureOf(error);
    const { err } = surroundings;
    err.line(`${err.paint('red', 'millrace:')} ${message}`);
    return exitCode;
  }
}

/** The whole command line as a value: what runs it and what `docs/cli.md` is written from. */
export function createProgram(surroundings: Surroundings, end: (code: ExitCode) => void): Command {
  const program = new Command('millrace')
    .description(ABOUT)
    .version(version, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.out.write(text),
      writeErr: (text) => surroundings.err.write(text),
    })
    .showHelpAfterError('(add --help for what there is)')
    .addHelpText('after', `\nExit codes:\n${exitCodes()}\n`);
  for (const module of commands) program.addCommand(createCommand(module, surroundings, end));
  return program;
}

function createCommand(
  module: CommandModule,
  surroundings: Surroundings,
  end: (code: ExitCode) => void,
): Command {
  const command = new Command(module.name)
    .summary(module.summary)
    .description(`${sentence(module.summary)}.`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.out.write(text),
      writeErr: (text) => surroundings.err.write(text),
    })
    .showHelpAfterError('(add --help for what there is)')
    .addHelpText('after', `\nExamples:\n${examplesOf(module.examples)}`);
  module.declare(command, surroundings, end);
  for (const inner of command.commands) {
    const own = module.examples.filter(([line]) =>
      line.startsWith(`millrace ${module.name} ${inner.name()}`),
    );
    inner.addHelpText('after', `\nExamples:\n${examplesOf(own)}`);
  }
  return command;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function examplesOf(examples: CommandModule['examples']): string {
  return examples.map(([line, does]) => `  $ ${line}\n      ${does}`).join('\n');
}

function exitCodes(): string {
  return EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n');
}
