import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { cutLastSecond } from './redis.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-aof-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the last whole second and what follows it is cut off the newest file', () => {
  const newest = join(folder, 'appendonly.aof.10.incr.aof');
  writeFileSync(join(folder, 'appendonly.aof.2.incr.aof'), '#TS:1\r\n#TS:2\r\n#TS:3\r\n');
  writeFileSync(newest, '#TS:1\r\none#TS:2\r\ntwo#TS:3\r\nthree');
  expect(cutLastSecond(folder)).toBe('#TS:2\r\ntwo#TS:3\r\nthree'.length);
  expect(readFileSync(newest, 'utf8')).toBe('#TS:1\r\none');
});
