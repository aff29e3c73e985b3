import { expect } from '@jest/globals';
import type { Page, ResultRow, TimeQuery, WindowQuery } from '@millrace/lanes/ports/results';
import { alertRowOf, deadLetterRowOf, eventRowOf, windowRowOf } from '../result-rows.ts';
import { all, expectPages, type On, pipeline, windowQuery } from './result-trial.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Reading a list piece by piece. */
export function pages(on: On): void {
  on('3,000 rows of one call are all there, in both directions', async (results) => {
    const rows = Array.from({ length: 3_000 }, (_, i) =>
      windowRowOf(`g${i % 600}`, (i % 7) * 40 * MINUTE_MS),
    );
    const names = new Set(rows.map((row) => `${row.start} ${row.group}`));
    await results.write(rows);
    for (const newest of [false, true]) {
      const found = await walkPages({ ...windowQuery, newest, limit: 700 }, (query) =>
        results.windows(query),
      );
      expect(found.length).toBe(names.size);
      expect(new Set(found.map((row) => `${row.start} ${row.group}`))).toEqual(names);
      const starts = found.map((row) => row.start);
      expect(starts).toEqual(starts.toSorted((a, b) => (newest ? b - a : a - b)));
    }
  });

  on('rows of one time are paged through by their ids', async (results) => {
    const ids = Array.from({ length: 60 }, (_, i) => `id${i}`);
    await results.write(ids.map((id) => alertRowOf(id, MINUTE_MS)));
    await results.write(ids.map((id) => eventRowOf(id, MINUTE_MS)));
    await results.write(ids.map((id) => windowRowOf(id, MINUTE_MS)));
    const down = ids.toSorted().toReversed();
    const limit = 7;
    const alerts = await walkPages({ ...all, limit }, (query) => results.alerts(query));
    expect(alerts.map((row) => row.id)).toEqual(down);
    const events = await walkPages({ ...all, key: 'A', limit }, (query) => results.events(query));
    expect(events.map((row) => row.id)).toEqual(down);
    const windows = await walkPages({ ...windowQuery, newest: true, limit }, (query) =>
      results.windows(query),
    );
    expect(windows.map((row) => row.group)).toEqual(down);
  });

  on('rows of very different times are one list, without bounds and with', async (results) => {
    const times = [2001, 1969, 2026, 1999, 2001.01, 2240].map(
      (year) => Math.round((year - 1970) * 365.25) * DAY_MS,
    );
    await results.write(times.map((time) => alertRowOf(`a${time}`, time)));
    await results.write(times.map((time) => eventRowOf(`e${time}`, time)));
    await results.write(times.map((time) => windowRowOf('A', time)));
    const up = times.toSorted((a, b) => a - b);
    const down = up.toReversed();
    expect((await results.alerts(all)).rows.map((row) => row.time)).toEqual(down);
    const alerts = await walkPages({ ...all, limit: 1 }, (query) => results.alerts(query));
    expect(alerts.map((row) => row.time)).toEqual(down);
    const events = await walkPages({ ...all, key: 'A', limit: 2 }, (query) => results.events(query));
    expect(events.map((row) => row.time)).toEqual(down);
    for (const group of ['A', undefined]) {
      const query = { ...windowQuery, ...(group !== undefined && { group }) };
      expect((await results.windows(query)).rows.map((row) => row.start)).toEqual(up);
      expect((await results.windows({ ...query, newest: true })).rows.map((row) => row.start)).toEqual(down);
      const within = { ...query, from: up[2]!, to: up[4]! };
      expect((await results.windows(within)).rows.map((row) => row.start)).toEqual(up.slice(2, 4));
    }
  });

  on('the edges of from and to hold on every page', async (results) => {
    const times = [0, 1, 2, 3].flatMap((hour) => [-1, 0, 1].map((ms) => hour * 60 * MINUTE_MS + ms));
    await results.write(
      times.flatMap((time) => ['x', 'y'].map((id) => deadLetterRowOf(`${id}${time}`, time))),
    );
    await results.write(times.flatMap((time) => ['x', 'y'].map((group) => windowRowOf(group, time))));
    const within = { from: 60 * MINUTE_MS, to: 180 * MINUTE_MS };
    await expectPages({ ...all, ...within }, (page) => results.deadLetters(page));
    const wanted = times.filter((time) => time >= within.from && time < within.to).toReversed();
    const expected = wanted.flatMap((time) => [time, time]);
    const letters = await walkPages({ ...all, ...within, limit: 3 }, (page) => results.deadLetters(page));
    expect(letters.map((row) => row.time)).toEqual(expected);
    for (const newest of [false, true]) {
      const query = { ...windowQuery, ...within, newest, limit: 3 };
      const starts = (await walkPages(query, (page) => results.windows(page))).map((row) => row.start);
      expect(starts).toEqual(newest ? expected : expected.toReversed());
    }
    const empty = { rows: [], next: null };
    const one = { from: 60 * MINUTE_MS + 2, to: 60 * MINUTE_MS + 3 };
    expect(await results.deadLetters({ ...all, ...one })).toEqual(empty);
    expect(await results.windows({ ...windowQuery, ...one, newest: true })).toEqual(empty);
  });

  on('rows that come and go between two pages disturb neither', async (results) => {
    const numbers = Array.from({ length: 10 }, (_, i) => i);
    await results.write(numbers.map((i) => deadLetterRowOf(`d${i}`, i)));
    const first = await results.deadLetters({ ...all, limit: 4 });
    expect(first.rows.map((row) => row.time)).toEqual([9, 8, 7, 6]);
    await results.write([deadLetterRowOf('new', 99)]);
    // The row that the cursor stands on, and one ahead of it.
    for (const gone of ['d6', 'd4']) await results.removeDeadLetter(pipeline, `${gone}/validate/0`);
    const second = await results.deadLetters({ ...all, limit: 4, after: first.next! });
    expect(second.rows.map((row) => row.time)).toEqual([5, 3, 2, 1]);
    const third = await results.deadLetters({ ...all, limit: 4, after: second.next! });
    expect(third.rows.map((row) => row.time)).toEqual([0]);
    expect(third.next).toBeNull();
  });

  on('values come back exactly: 64 bits, bytes, every double', async (results) => {
    const event = {
      most: 2n ** 63n - 1n,
      least: -(2n ** 63n),
      above: 2n ** 53n + 1n,
      tiny: 5e-324,
      third: 1 / 3,
      much: 1.7976931348623157e308,
      not: Number.NaN,
      infinite: Number.NEGATIVE_INFINITY,
      text: 'a\0b\n"☂😀',
      list: [1n, [2n ** 62n], { deep: null }],
      __proto__x: { $long: '5' },
    };
    const bytes = Uint8Array.from([0, 1, 255]);
    await results.write([eventRowOf('e', 1, { event: { ...event, bytes } })]);
    const [found] = (await results.events(all)).rows;
    const { bytes: foundBytes, ...foundEvent } = found!.event;
    expect([...(foundBytes as Uint8Array)]).toEqual([...bytes]);
    expect(typeof (foundEvent.list as unknown[])[0]).toMatch(/bigint|number/);
    expect({ ...foundEvent, list: String(foundEvent.list) }).toEqual({ ...event, list: String(event.list) });
    const values = { most: Number.MAX_VALUE, third: 1 / 3, none: null, text: '☂' };
    await results.write([windowRowOf('A', 0, { values })]);
    expect((await results.windows(windowQuery)).rows[0]!.values).toEqual(values);
  });
}

/** All pages, one after another. */
async function walkPages<T extends ResultRow, Query extends TimeQuery | WindowQuery>(
  query: Query,
  read: (query: Query) => Promise<Page<T>>,
): Promise<T[]> {
  const rows: T[] = [];
  for (let after: string | null = null; ; ) {
    const page: Page<T> = await read({ ...query, ...(after !== null && { after }) });
    expect(page.rows.length).toBeLessThanOrEqual(query.limit);
    rows.push(...page.rows);
    if (page.next === null) return rows;
    expect(page.rows.length).toBeGreaterThan(0);
    after = page.next;
  }
}
