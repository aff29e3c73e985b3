import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { expectGolden } from '@millrace/testkit/golden';
import { codeEntry, DEAD_LETTER_CODES, errorsPage } from './codes.ts';

test('docs/errors.md lists the codes as the table has them', () => {
  expectGolden(new URL('../../../docs/errors.md', import.meta.url), errorsPage());
});

test('every code is found as it stands in a dead letter', () => {
  for (const [code, entry] of Object.entries(DEAD_LETTER_CODES)) {
    expect(codeEntry(code.replace('NAME', 'merchant'))).toBe(entry);
  }
  expect(codeEntry('no_such_code')).toBeNull();
  expect(codeEntry('constructor')).toBeNull();
});

test('a name in a code never hides a code of its own', () => {
  for (const code of Object.keys(DEAD_LETTER_CODES)) {
    if (code !== 'NAME_missing') expect(code).not.toMatch(/_missing$/);
    if (code !== 'rule:NAME') expect(code).not.toMatch(/^rule:/);
  }
});

/** What a sink says of a value that its system turns away: every system outside has its own sinks. */
const OF_SINKS = ['refused'];

test('every code of the table is given somewhere', () => {
  const cwd = new URL('../../../', import.meta.url);
  const found = globSync(
    [
      'apps/*/src/**/*.ts',
      'libs/lanes/src/**/*.ts',
      'libs/pipeline/src/*avro*.ts',
      'libs/pipeline/src/read-faults.ts',
    ],
    { cwd },
  );
  const sources = found.filter((file) => !/codes\.ts$|\.test\.ts$/.test(file));
  const text = sources.map((file) => readFileSync(new URL(file, cwd), 'utf8')).join('');
  const plain = Object.keys(DEAD_LETTER_CODES).filter(
    (code) => !code.includes('NAME') && !OF_SINKS.includes(code),
  );
  expect(plain.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
});
