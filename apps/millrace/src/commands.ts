import type { CommandModule } from './command.ts';
import { explain } from './commands/explain.ts';
import { lint } from './commands/lint.ts';
import { run } from './commands/run.ts';
import { test } from './commands/test.ts';

/** Every command, in the order of `--help`. */
export const commands: readonly CommandModule[] = [run, lint, test, explain];
