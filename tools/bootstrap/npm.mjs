import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withNodeFirst } from './path.mjs';
import { root } from './places.mjs';
import { Problem } from './problem.mjs';

const NO_NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT|network/;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const log = join(root, 'tmp/install.log');

/**
 * Installs exactly what the lockfile in `cwd` says, with one line of progress; no package's own script runs.
 * @param {{ what: string, cwd: string, node: string }} job
 */
export async function npmCi({ what, cwd, node }) {
  const started = Date.now();
  process.stderr.write(`millrace: installing ${what} … `);
  const { code, output } = await runNpm(cwd, node);
  if (code === 0) {
    process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    return;
  }
  process.stderr.write('failed\n');
  mkdirSync(join(root, 'tmp'), { recursive: true });
  writeFileSync(log, output);
  if (NO_NETWORK.test(output)) {
    throw new Problem(
      'npm cannot reach its registry: check the network and proxy settings (details: tmp/install.log)',
    );
  }
  const first = /npm (?:error|ERR!) (?!code|errno|syscall)(.+)/.exec(output)?.[1] ?? `exit code ${code}`;
  throw new Problem(`npm could not install: ${first} (details: tmp/install.log)`);
}

function runNpm(cwd, node) {
  // Development packages are needed even where NODE_ENV=production or npm's own settings leave them out.
  const args = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  // Under `npm start` this is npm itself; a bare `node tools/bootstrap.mjs` has to find it on the PATH.
  const cli = process.env.npm_execpath;
  const [command, all] = cli?.endsWith('npm-cli.js') ? [node, [cli, ...args]] : ['npm', args];
  return new Promise((resolve, reject) => {
    const shell = command === 'npm' && process.platform === 'win32';
    const child = spawn(command, all, {
      cwd,
      shell,
      env: withNodeFirst(node),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', () =>
      reject(new Problem('npm was not found: install it with Node (https://nodejs.org) and run again')),
    );
    // Left alone, npm would go on writing into a folder whose lock is free again.
    const stop = () => child.kill();
    for (const signal of SIGNALS) process.once(signal, stop);
    child.on('close', (code, signal) => {
      for (const name of SIGNALS) process.removeListener(name, stop);
      if (signal) reject(new Problem('installation interrupted: run again to finish it'));
      else resolve({ code, output });
    });
  });
}
