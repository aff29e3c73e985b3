// The repository's npm packages, installed only when the lockfile asks for others than are there.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { npmCi } from './npm.mjs';
import { root } from './places.mjs';

const lockfile = join(root, 'package-lock.json');
const stamp = join(root, 'node_modules/.millrace-installed');

/** @param {string} node the Node that npm runs on: it decides which optional packages fit */
export async function installPackages(node) {
  const wanted = fingerprint();
  if (isStamped(wanted)) return;
  await withLock('install', async () => {
    if (isStamped(wanted)) return;
    if (!isComplete()) await npmCi({ what: 'npm packages', cwd: root, node });
    writeFileSync(stamp, wanted);
  });
}

function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  return `${hash} ${process.platform} ${process.arch}\n`;
}

function isStamped(wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

/** True after somebody's own `npm install`: reinstalling would pull the packages from under what is running. */
function isComplete() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const there = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(JSON.parse(readFileSync(lockfile, 'utf8')).packages).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    if (!there[path]) return entry.optional === true;
    return there[path].version === entry.version && there[path].integrity === entry.integrity;
  });
}
