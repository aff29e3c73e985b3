import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { PROBLEM_CODES } from './problem-codes.ts';

test('docs/ingest.md lists the codes with their statuses', () => {
  const page = readFileSync(new URL('../../../docs/ingest.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);
  expect(listed).toEqual(Object.entries(PROBLEM_CODES).map(([code, { status }]) => [code, status]));
});
