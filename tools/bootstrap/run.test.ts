import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

function start(...args: string[]) {
  const child = spawn(
    process.execPath,
    ['tools/bootstrap.mjs', 'tools/bootstrap/fixtures/echo.ts', ...args],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number, output })) };
}

test('arguments and the exit code pass through, on a Node that is new enough', async () => {
  const { code, output } = await start('3', 'a', 'b c', '--flag').ended;
  expect(code).toBe(3);
  const { rest, major } = JSON.parse(output);
  expect(rest).toEqual(['a', 'b c', '--flag']);
  expect(major).toBeGreaterThanOrEqual(24);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s reaches the script, which ends in its own way',
  async (signal) => {
    const { child, ended } = start('wait');
    await once(child.stdout, 'data');
    child.kill(signal);
    const { code, output } = await ended;
    expect(output).toContain(signal);
    expect(code).toBe(7);
  },
);

test('it ends with the shell that npm runs it in, and the script drains', async () => {
  const command = `"${process.execPath}" tools/bootstrap.mjs tools/bootstrap/fixtures/echo.ts wait; true`;
  const shell = spawn('sh', ['-c', command], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, npm_lifecycle_event: 'start' },
  });
  let output = '';
  shell.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  await once(shell.stdout, 'data');
  shell.kill('SIGKILL');
  // The pipe closes when the last of them has ended.
  await once(shell, 'close');
  expect(output).toContain('SIGTERM');
});

test('without a script it says so and fails', async () => {
  const child = spawn(process.execPath, ['tools/bootstrap.mjs'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [message] = await once(child.stderr.setEncoding('utf8'), 'data');
  expect(message).toMatch(/^millrace: no script given/);
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
});
