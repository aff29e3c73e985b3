import { expect, test } from '@jest/globals';
import { render } from './summary.ts';

const counts = { passed: 3, failed: 0, skipped: 0, seconds: 1 };
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

test('the last line adds up all projects', () => {
  const projects = [
    { project: 'a', counts },
    { project: 'b', counts: { ...counts, failed: 2, skipped: 1 } },
  ];
  const { text, failed } = render(projects, true);
  expect(lastLine(text)).toBe('6 passed, 2 failed, 1 skipped');
  expect(failed).toBe(2);
});

test('a project that ended before it could report has failed', () => {
  const { text, failed } = render([{ project: 'a', counts }, { project: 'b' }], true);
  expect(lastLine(text)).toBe('3 passed, 1 failed');
  expect(text).toContain('b ended before it could report');
  expect(failed).toBe(1);
});

test('a run that failed although every test passed has failed', () => {
  expect(render([{ project: 'a', counts }], true).failed).toBe(1);
  expect(render([{ project: 'a', counts }], false).failed).toBe(0);
});

test('a project without tests is named as such, not shown as passed', () => {
  const { text } = render([{ project: 'empty', counts: { ...counts, passed: 0 } }], false);
  expect(text).not.toContain('empty');
  expect(text).toContain('1 project has no tests yet.');
});

test('a remark stands above the last line', () => {
  const { text } = render([{ project: 'a', counts }], false, ['SKIPPED: all of it']);
  expect(text.indexOf('SKIPPED')).toBeLessThan(text.indexOf('3 passed, 0 failed'));
  expect(lastLine(text)).toBe('3 passed, 0 failed');
});
