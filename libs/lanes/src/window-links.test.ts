import { expect, test } from '@jest/globals';
import { WINDOW_LINKS_MAX } from './bounds.ts';
import { NOT_WAITING, type WindowView } from './made.ts';
import type { TraceContext } from './trace-context.ts';
import { WindowLinks } from './window-links.ts';

const trace = (n: number): TraceContext => ({ parent: String(n), state: '' });
const view = (): WindowView => ({
  name: 'w',
  waiting: NOT_WAITING,
  result: () => {
    throw new Error('nobody asks');
  },
});

test('a live result links only where a sampled event came since the one before; the final one to all', () => {
  const links = new WindowLinks();
  const window = view();
  links.note(window, trace(1));
  expect(links.take(window, false)).toEqual([trace(1)]);
  expect(links.take(window, false)).toEqual([]);
  links.note(window, trace(2));
  expect(links.take(window, false)).toEqual([trace(1), trace(2)]);
  expect(links.take(window, true)).toEqual([trace(1), trace(2)]);
  expect(links.take(window, true)).toEqual([]);
});

test('windows are apart, and one without sampled events links to nothing', () => {
  const links = new WindowLinks();
  const [one, other] = [view(), view()];
  expect(links.take(one, true)).toEqual([]);
  links.note(one, trace(1));
  expect(links.take(other, true)).toEqual([]);
  expect([links.of(one), links.of(other)]).toEqual([[trace(1)], []]);
});

test('one that comes again is linked to once', () => {
  const links = new WindowLinks();
  const window = view();
  for (const n of [1, 2, 1]) links.note(window, trace(n));
  expect(links.take(window, false)).toEqual([trace(1), trace(2)]);
});

test('of many, the newest are kept', () => {
  const links = new WindowLinks();
  const window = view();
  for (let n = 0; n < WINDOW_LINKS_MAX + 3; n++) links.note(window, trace(n));
  const taken = links.take(window, true);
  expect(taken).toHaveLength(WINDOW_LINKS_MAX);
  expect([taken[0], taken.at(-1)]).toEqual([trace(3), trace(WINDOW_LINKS_MAX + 2)]);
});
