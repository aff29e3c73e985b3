import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { withNodeFirst } from './path.mjs';
import { root } from './places.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/**
 * On a machine with much memory V8 lets the young generation grow by 150 MB, and takes four threads to collect it:
 * measured, that costs more than it buys.
 */
const FLAGS = ['--max-semi-space-size=8', '--v8-pool-size=2'];
/** Defaults that the user's own settings go before. */
const SETTINGS = {
  // glibc would keep a heap of its own for each of Node's threads.
  MALLOC_ARENA_MAX: '1',
  // Halves the time to start: types are stripped and sources compiled once.
  NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/millrace/compiled'),
};

const PARENT_CHECK_MS = 250;

/**
 * Runs the script on the given Node and ends as it ends: same exit code, or killed by the same signal.
 * @param {string} node
 * @param {string} script path from the repository's folder
 * @param {string[]} args
 */
export function handOver(node, script, args) {
  const child = spawn(node, [...FLAGS, join(root, script), ...args], {
    stdio: 'inherit',
    env: { ...SETTINGS, ...withNodeFirst(node) },
  });
  for (const signal of SIGNALS) process.on(signal, () => pass(signal, child));
  endWithNpm(child);
  return new Promise((_resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (!signal) process.exit(code ?? 1);
      for (const name of SIGNALS) process.removeAllListeners(name);
      process.kill(process.pid, signal);
      // Only reached where this process can't die of that signal.
      setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 1_000);
    });
  });
}

/** npm passes a signal on to the shell that it runs a script in, which dies of it without a word to us. */
function endWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
}

function pass(signal, child) {
  // Ctrl-C reaches everything in the terminal's foreground by itself; a second one would cut the drain short.
  if (signal === 'SIGINT' && process.stdin.isTTY) return;
  child.kill(signal);
}
