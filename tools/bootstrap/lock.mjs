// One installation at a time, across processes: a file that names its owner.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './places.mjs';
import { Problem } from './problem.mjs';

const WAIT_LIMIT_MS = 10 * 60_000;
const POLL_MS = 200;
/** Between creating the file and writing the owner into it lies a moment; longer than this is a crash. */
const UNSIGNED_LIMIT_MS = 5_000;

/**
 * @template T
 * @param {string} name
 * @param {() => T | Promise<T>} work
 * @param {string} [folder] where the file lies: those who share it wait for each other
 * @returns {Promise<T>}
 */
export async function withLock(name, work, folder = join(root, 'tmp')) {
  const path = join(folder, `${name}.lock`);
  mkdirSync(folder, { recursive: true });
  await take(path);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

async function take(path) {
  const deadline = Date.now() + WAIT_LIMIT_MS;
  for (let told = false; !create(path); told = true) {
    if (Date.now() > deadline)
      throw new Problem(`another installation holds ${path}: wait for it, or delete the file`);
    if (isAbandoned(path)) {
      remove(path);
      continue;
    }
    if (!told) process.stderr.write('millrace: waiting for another installation in this folder\n');
    await sleep(POLL_MS);
  }
}

function create(path) {
  try {
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new Problem(`cannot write to ${path} (${error.code}): check the folder's owner and free space`);
  }
}

function isAbandoned(path) {
  try {
    const owner = readFileSync(path, 'utf8');
    if (owner === '') return Date.now() - statSync(path).mtimeMs > UNSIGNED_LIMIT_MS;
    const { pid, host } = JSON.parse(owner);
    // Another machine's process can't be asked (a shared folder): its lock stands until the wait ends.
    return host === hostname() && !isRunning(pid);
  } catch {
    return false; // Gone meanwhile, or half written: look again.
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** By renaming first, so that of several who wait only one removes the file. */
function remove(path) {
  const mine = `${path}.${process.pid}`;
  try {
    renameSync(path, mine);
  } catch {
    return;
  }
  // Somebody quicker may have taken the lock between the look and the renaming: give it back.
  if (isAbandoned(mine)) rmSync(mine);
  else renameSync(mine, path);
}
