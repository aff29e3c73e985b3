import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const css = readFileSync(join(import.meta.dirname, 'theme.css'), 'utf8');
const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');

function colours(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]),
  );
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(left: string, right: string): number {
  const [low, high] = [luminance(left), luminance(right)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

test.each([
  ['light', light],
  ['dark', dark],
])('texts and lines stand out in %s', (_, text) => {
  const theme = colours(text);
  const of = (name: string) => theme.get(name)!;
  const texts = ['text', 'muted', 'accent', 'good', 'warn', 'bad', 'calm'].map((name) => [name, 'panel']);
  const onTheirOwn = ['accent', 'good', 'warn', 'bad', 'calm'].map((name) => [name, `${name}-soft`]);
  const faint = texts
    .concat(onTheirOwn, [
      ['muted', 'grid'],
      ['text', 'page'],
      ['muted', 'page'],
    ])
    .filter(([front, back]) => contrast(of(front!), of(back!)) < 4.5);
  expect(faint).toEqual([]);
  const lines = [1, 2, 3, 4, 5].map((nth) => `series-${nth}`);
  expect(lines.filter((line) => contrast(of(line), of('panel')) < 3)).toEqual([]);
});
