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

// Development packages are needed even where NODE_ENV=production or npm's own settings leave them out.
const NPM_CI = [
  'ci',
  '--ignore-scripts',
  '--include=dev',
  '--include=optional',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  // npm's own pause between attempts would keep a person without network waiting for 70 s.
  '--fetch-retry-mintimeout=1000',
];

/**
 * Installs exactly what the lockfile in `cwd` says, with one line of progress; no package's own script runs.
 * @param {{ what: string, cwd: string, node: string }} job
 */
export async function npmCi({ what, cwd, node }) {
  const started = Date.now();
  process.stderr.write(`millrace: installing ${what} … `);
  const { code, output, interrupted, notFound } = await runNpm(cwd, node);
  if (code === 0 && !interrupted) {
    process.stderr.write(`${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    return;
  }
  process.stderr.write(interrupted ? 'interrupted\n' : 'failed\n');
  if (interrupted) throw new Problem('the installation was interrupted: run again to finish it');
  if (notFound)
    throw new Problem('npm was not found: install it with Node (https://nodejs.org) and run again');
  mkdirSync(join(root, 'tmp'), { recursive: true });
  writeFileSync(log, output);
  throw new Problem(`${reason(code, output)} (details: tmp/install.log)`);
}

function reason(code, output) {
  if (NO_NETWORK.test(output)) return 'npm cannot reach its registry: check the network and proxy settings';
  const first = /npm (?:error|ERR!) (?!code|errno|syscall)(.+)/.exec(output)?.[1] ?? `exit code ${code}`;
  return `npm could not install: ${first}`;
}

function runNpm(cwd, node) {
  // Under `npm start` this is npm itself; a bare `node tools/bootstrap.mjs` has to find it on the PATH.
  const cli = process.env.npm_execpath;
  const [command, args] = cli?.endsWith('npm-cli.js') ? [node, [cli, ...NPM_CI]] : ['npm', NPM_CI];
  const shell = command === 'npm' && process.platform === 'win32';
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      shell,
      env: withNodeFirst(node),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result = { code: 1, output: '', interrupted: false, notFound: false };
    const collect = (chunk) => {
      result.output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    // Left alone, npm would go on writing into a folder whose lock is free again.
    const stop = () => {
      result.interrupted = true;
      child.kill();
    };
    for (const signal of SIGNALS) process.once(signal, stop);
    const end = (more) => {
      for (const signal of SIGNALS) process.removeListener(signal, stop);
      resolve({ ...result, ...more });
    };
    child.on('error', () => end({ notFound: true }));
    child.on('close', (code) => end({ code }));
  });
}
