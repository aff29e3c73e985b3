// The house rules: `node tools/tidy.ts` prints `path:line: message (rule)` for every fault and exits 1, or 0.
import { join } from 'node:path';
import { readRepository } from './tidy/repository.ts';
import { rules } from './tidy/rules.ts';

const repository = readRepository(join(import.meta.dirname, '..'));
const faults = Object.entries(rules).flatMap(([name, rule]) =>
  rule(repository).map(({ path, line, message }) => `${path}${line ? `:${line}` : ''}: ${message} (${name})`),
);
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
