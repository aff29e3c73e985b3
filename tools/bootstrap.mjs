// Runs a script of this repository on a fresh machine: `node tools/bootstrap.mjs SCRIPT [ARGUMENTS]`.
// It brings Node 24 and the npm packages where they are missing, then hands over to SCRIPT.
// Plain JavaScript without dependencies, since it runs on the machine's own Node (18 or newer).
import { installPackages } from './bootstrap/packages.mjs';
import { Problem } from './bootstrap/problem.mjs';
import { handOver } from './bootstrap/run.mjs';
import { findRuntime } from './bootstrap/runtime.mjs';

const OLDEST_NODE = 18;

async function main() {
  const own = Number(process.versions.node.split('.')[0]);
  if (own < OLDEST_NODE) {
    throw new Problem(
      `Node ${process.versions.node} is too old: install Node 24 (https://nodejs.org) and run again`,
    );
  }
  const [script, ...args] = process.argv.slice(2);
  if (!script) throw new Problem('no script given (usage: node tools/bootstrap.mjs SCRIPT [ARGUMENTS])');
  const runtime = await findRuntime();
  await installPackages(runtime);
  await handOver(runtime, script, args);
}

main().catch((error) => {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`millrace: ${error.message}\n`);
  process.exit(1);
});
