import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from '@jest/globals';
import { eventually } from '@millrace/testkit/eventually';
import { createKeeper } from './keeper.ts';
import { identify, signalExactly } from './process-identity.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'millrace-keeper-'));
const runs = (identity: string) => identify(Number.parseInt(identity, 10)) === identity;

test('what was launched ends with the one who launched it, also where that is killed; its folder goes', async () => {
  const folder = newFolder();
  const program = join(import.meta.dirname, 'fixtures/launches.ts');
  const parent = spawn(process.execPath, [program, folder, 'sleep', '600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [identity] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  expect(runs(identity)).toBe(true);
  parent.kill('SIGKILL');
  await eventually('it is gone', () => !runs(identity));
  await eventually('its folder is gone', () => !existsSync(folder));
});

test('closing kills what still runs, and says so only then', async () => {
  const folder = newFolder();
  const keeper = createKeeper();
  await keeper.removeAtEnd(folder);
  const command = ['sh', '-c', 'echo "$0"; sleep 600', 'an argument with $signs'];
  const logPath = join(folder, 'log');
  const { identity, child } = await keeper.launch(command, { logPath, cwd: folder });
  await eventually('it has printed', () => readFileSync(logPath, 'utf8') === 'an argument with $signs\n');
  expect(runs(identity)).toBe(true);
  const ended = once(child, 'exit');
  await keeper.close();
  await ended;
  expect(runs(identity)).toBe(false);
  expect(existsSync(folder)).toBe(false);
});

test('another process with the same id is left alone', () => {
  const own = identify(process.pid)!;
  expect(own).toMatch(/^\d+ ./);
  expect(signalExactly(`${own}0`, 'SIGKILL')).toBe(false);
  expect(identify(2 ** 30)).toBeNull();
});
