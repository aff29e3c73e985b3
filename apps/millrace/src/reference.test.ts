import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { commands } from './commands.ts';
import { DOCS, pages } from './reference/pages.ts';

test.each(Object.keys(pages))(
  'docs/%s is what the program says (npm run -w apps/millrace reference)',
  (name) => {
    expect(readFileSync(new URL(name, DOCS), 'utf8')).toBe(pages[name]!());
  },
);

test('every command has examples, and they begin with its name', () => {
  for (const { name, examples } of commands) {
    expect(examples.length).toBeGreaterThan(0);
    for (const [line] of examples) expect(line).toMatch(new RegExp(`^millrace ${name}\\b`));
  }
});
