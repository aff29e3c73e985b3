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
