import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { withLock } from './lock.mjs';

const folder = join(import.meta.dirname, '../../tmp');
let count = 0;
const freshName = () => `lock-test-${process.pid}-${count++}`;

test('work under one lock never overlaps', async () => {
  const name = freshName();
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all([withLock(name, work), withLock(name, work), withLock(name, work)]);
  expect(most).toBe(1);
  expect(inside).toBe(0);
});

test('the lock of a process that is gone is taken over, and is free again after a failure', async () => {
  const name = freshName();
  const path = join(folder, `${name}.lock`);
  mkdirSync(folder, { recursive: true });
  // Process ids stay far below this on every platform.
  writeFileSync(path, JSON.stringify({ pid: 2 ** 30, host: hostname() }));
  await expect(withLock(name, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
  expect(existsSync(path)).toBe(false);
  rmSync(path, { force: true });
});
