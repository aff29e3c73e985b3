import { expect, test } from '@jest/globals';
import { createWindowRows } from './window-rows.js';

const MINUTE_MS = 60_000;

function row(group: string, minute: number, total: number | string | null, parts: object = {}) {
  const start = minute * MINUTE_MS;
  return {
    name: 'w',
    group,
    start,
    end: start + MINUTE_MS,
    revision: 1,
    final: true,
    values: { total },
    ...parts,
  };
}

test('of a window the highest revision stays, in whatever order they come', () => {
  const rows = createWindowRows(100);
  for (const revision of [1, 3, 2]) rows.put([row('A', 0, revision, { revision })]);
  expect(rows.size()).toBe(1);
  expect(rows.chart(['A'], 'total', -Infinity).series[0]!.latest.values.total).toBe(3);
});

test('the top groups are those with the largest sums of the value; groups without it are none', () => {
  const rows = createWindowRows(100);
  rows.put([
    row('A', 0, 5),
    row('A', 1, 5),
    row('B', 0, 9),
    row('C', 0, 11),
    row('D', 0, null),
    row('E', 0, 'x'),
  ]);
  expect(rows.top('total', 2, -Infinity)).toEqual(['C', 'A']);
  expect(rows.top('total', 9, -Infinity)).toEqual(['C', 'A', 'B']);
  expect(rows.top('total', 9, MINUTE_MS)).toEqual(['A']);
});

test('negative values have a place too, and groups with the same sum one order', () => {
  const rows = createWindowRows(100);
  rows.put([row('B', 0, -2), row('A', 0, -2), row('C', 0, -1)]);
  expect(rows.top('total', 9, -Infinity)).toEqual(['C', 'A', 'B']);
});

test('since is the start of the last so many windows', () => {
  const rows = createWindowRows(100);
  rows.put([row('A', 0, 1), row('B', 0, 1), row('A', 1, 1), row('A', 7, 1), row('B', 9, 1)]);
  expect(rows.since(2)).toBe(7 * MINUTE_MS);
  expect(rows.since(4)).toBe(-Infinity);
  expect(rows.since(2, ['A'])).toBe(MINUTE_MS);
});

test('lines share their times: nothing where a group has no window, a gap where it has no value', () => {
  const rows = createWindowRows(100);
  rows.put([row('A', 0, 1), row('A', 1, null), row('A', 2, 3), row('B', 1, 7)]);
  const { times, series } = rows.chart(['A', 'B', 'nobody'], 'total', -Infinity);
  expect(times).toEqual([0, MINUTE_MS, 2 * MINUTE_MS]);
  expect(series.map(({ group, final }) => [group, final])).toEqual([
    ['A', [1, null, 3]],
    ['B', [undefined, 7, undefined]],
  ]);
});

test('live results are a line of their own that begins at the last final one', () => {
  const rows = createWindowRows(100);
  rows.put([
    row('A', 0, 1),
    row('A', 1, 2),
    row('A', 2, 3, { final: false }),
    row('A', 3, 4, { final: false }),
  ]);
  const [line] = rows.chart(['A'], 'total', -Infinity).series;
  expect(line!.final).toEqual([1, 2, null, null]);
  expect(line!.live).toEqual([null, 2, 3, 4]);
  expect(line!.isLive).toEqual([false, false, true, true]);
});

test('beyond the bound the oldest windows go', () => {
  const rows = createWindowRows(100);
  for (let minute = 0; minute < 1_000; minute++) {
    rows.put([row('A', minute, 1), row('B', minute, 1)]);
    expect(rows.size()).toBeLessThanOrEqual(100);
  }
  const { times } = rows.chart(['A', 'B'], 'total', -Infinity);
  expect(times.at(-1)).toBe(999 * MINUTE_MS);
  expect(times.length).toBeGreaterThanOrEqual(40);
  expect(times).toEqual(times.map((_, nth) => times[0]! + nth * MINUTE_MS));
});

test('windows of one start alone stay within the bound too', () => {
  const rows = createWindowRows(100);
  rows.put(Array.from({ length: 500 }, (_, n) => row(`g${n}`, 0, n)));
  expect(rows.size()).toBeLessThanOrEqual(100);
  expect(rows.size()).toBeGreaterThan(0);
});
