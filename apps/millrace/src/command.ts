import type { ExitCode } from '@millrace/service/exit-codes';
import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** What a command may use of the process that it runs in. */
export interface Surroundings {
  readonly out: Terminal;
  /** Progress, logs and errors: what is no result. */
  readonly err: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One file in `commands/`, one line in `program.ts`. */
export interface CommandModule {
  readonly name: string;
  readonly summary: string;
  /** Shown under `--help`: a command line and what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** Declares arguments and options, and what to do; `end` takes the exit code. */
  declare(command: Command, surroundings: Surroundings, end: (code: ExitCode) => void): void;
}
