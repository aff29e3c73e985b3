import { expect, test } from '@jest/globals';
import { compareSeen, compareWindows } from './compare.ts';
import { expectedOf } from './expected.ts';
import type { Sale } from './sale.ts';

const sale = (amount: number): Sale => ({ card: 'c1', shop_id: 's0', amount, at: 60_000 });
const expected = expectedOf([
  ['a', sale(10)],
  ['b', sale(980)],
  ['c', sale(-5)],
]);
const rightly = { sales: 2, total: 990, largest: 980 };
const stored = (values = rightly, final = true) => ({ final, values });
const news = (more: readonly (readonly [string, number])[] = []) =>
  new Map<string, number>([['event a', 1], ['event b', 1], ['event c', 1], ['alert large:b', 1], ...more]);
const routed = (...ids: string[]) => new Map(ids.map((id) => [id, { atMs: 0, lane: 0 }]));
const both = (values = rightly, final = true) =>
  new Map([
    ['per_card:c1:60000', stored(values, final)],
    ['per_card_long:c1:0', stored()],
    ['per_city:Aarau:60000', stored()],
  ]);

const without = (key: string) => new Map([...both()].filter(([name]) => name !== key));

test('what was acknowledged becomes events, dead letters, windows and alerts', () => {
  expect(expected).toEqual({
    routed: new Set(['a', 'b']),
    refused: new Map([['c', 'c/validate/0']]),
    windows: new Map([
      ['per_card:c1:60000', rightly],
      ['per_card_long:c1:0', rightly],
      ['per_city:Aarau:60000', rightly],
    ]),
    alerts: new Set(['large:b']),
  });
});

test('nothing differs where all is there once', () => {
  expect(compareWindows(expected.windows, both())).toEqual({ wrong: [], counted: [] });
  const seen = { routed: routed('a', 'b'), routedAgain: 0, news: news() };
  expect(compareSeen(expected, seen)).toEqual({ lost: [], doubled: [] });
});

test('an event that is nowhere, or not routed, is lost', () => {
  const without = news();
  without.delete('event c');
  const { lost } = compareSeen(expected, { routed: routed('b'), routedAgain: 0, news: without });
  expect(lost).toEqual(["event c is not on the pipeline's topics", "event a is not on the route's topic"]);
});

test('what is news twice is doubled', () => {
  const twice = news([['alert large:b', 2]]);
  const { doubled } = compareSeen(expected, { routed: routed('a', 'b'), routedAgain: 0, news: twice });
  expect(doubled).toEqual(['alert large:b is 2 times on its topic, and no repeat']);
});

test.each([
  ['counts too many', both({ ...rightly, sales: 3 }), 1, 1],
  ['counts too few', both({ ...rightly, sales: 1 }), 1, 0],
  ['sums wrongly', both({ ...rightly, total: 1 }), 1, 0],
  ['is not final', both(rightly, false), 1, 0],
  ['is missing', without('per_card:c1:60000'), 1, 0],
  ['has no cause', new Map([...both(), ['per_card:c2:0', stored()]]), 1, 1],
])('a window that %s is wrong', (_, found, wrong, counted) => {
  const result = compareWindows(expected.windows, found);
  expect([result.wrong.length, result.counted.length]).toEqual([wrong, counted]);
});
