import { expect, test } from '@jest/globals';
import { createLog, type LogSettings } from './log.ts';

function linesOf(settings: Partial<LogSettings>): string[] {
  const lines: string[] = [];
  const log = createLog(
    { level: 'info', format: 'pretty', colour: false, ...settings },
    { write: (text) => lines.push(text) },
  );
  log.info({ lane: 3, file: './a.csv' }, 'reading');
  log.error({ err: new Error('gone') }, 'could not read');
  return lines;
}

test('pretty lines are for people: when, how bad, what, and the fields', () => {
  const [first, second] = linesOf({});
  expect(first).toMatch(/^\d\d:\d\d:\d\d info {2}reading lane=3 file=\.\/a\.csv\n$/);
  expect(second).toMatch(/^\d\d:\d\d:\d\d error could not read err="?gone"?\n$/);
});

test('JSON lines have everything, the stack too', () => {
  const [first, second] = linesOf({ format: 'json' }).map((line) => JSON.parse(line));
  expect(first).toMatchObject({ level: 'info', lane: 3, msg: 'reading' });
  expect(second.err).toMatchObject({ message: 'gone', stack: expect.stringContaining('at ') });
});

test('what is below the level is left out', () => {
  expect(linesOf({ level: 'error' })).toHaveLength(1);
});

test('colours only where they are wanted', () => {
  expect(linesOf({ colour: true }).join('')).toContain('\u001b[');
  expect(linesOf({ colour: false }).join('')).not.toContain('\u001b[');
});
