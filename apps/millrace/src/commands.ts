import type { CommandModule } from './command.ts';
import { bundle } from './commands/bundle.ts';
import { deadletters } from './commands/deadletters.ts';
import { explain } from './commands/explain.ts';
import { lint } from './commands/lint.ts';
import { provision } from './commands/provision.ts';
import { rebuild } from './commands/rebuild.ts';
import { reset } from './commands/reset.ts';
import { run } from './commands/run.ts';
import { status } from './commands/status.ts';
import { tail } from './commands/tail.ts';
import { test } from './commands/test.ts';
import { types } from './commands/types.ts';

/** Every command, in the order of `--help`. */
export const commands: readonly CommandModule[] = [
  run,
  lint,
  test,
  explain,
  types,
  bundle,
  status,
  deadletters,
  tail,
  provision,
  rebuild,
  reset,
];
