import { expect } from '@jest/globals';
import type { Page, ResultStore } from '@millrace/lanes/ports/results';
import { alertRowOf, deadLetterRowOf, eventRowOf, windowRowOf } from '../result-rows.ts';
import { pages } from './result-pages.ts';
import {
  all,
  expectPages,
  mark,
  type On,
  oneOfEach,
  permutations,
  pipeline,
  readers,
  windowQuery,
} from './result-trial.ts';
import { versions } from './result-versions.ts';
import { type ContractOptions, contract } from './suite.ts';

export interface ResultStoreFixture {
  /** Without rows. */
  readonly results: ResultStore;
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;

/** What every ResultStore promises. */
export function resultStoreContract(
  name: string,
  make: () => Promise<ResultStoreFixture>,
  options: ContractOptions = {},
): void {
  contract(name, options, (check) => {
    const on: On = (title, run) =>
      check(title, async () => {
        const fixture = await make();
        try {
          await run(fixture.results);
        } finally {
          await fixture.close();
        }
      });
    writing(on);
    windows(on);
    timed(on);
    deadLetters(on);
    versions(on);
    pages(on);
  });
}

function writing(on: On): void {
  on('gives every kind of row back as it was written', async (results) => {
    const window = windowRowOf('A ä☂"\\', 0, { values: { count: 3, mean: -0.25, most: 'x', none: null } });
    const alert = alertRowOf('velocity:e1', 5_000, { score: 4.5, eventId: 'e1', window: null });
    const event = eventRowOf('e1', 5_000, {
      event: { amount: 1.5, nested: { list: [1, 'two', null, true] } },
    });
    const deadLetter = deadLetterRowOf('e2', 5_000, { payload: Uint8Array.from([0, 255, 10, 13]) });
    await results.write([window, alert, event, deadLetter]);
    expect((await results.windows(windowQuery)).rows).toEqual([window]);
    expect((await results.alerts(all)).rows).toEqual([alert]);
    expect((await results.events(all)).rows).toEqual([event]);
    const [found] = (await results.deadLetters(all)).rows;
    expect({ ...found, payload: [...found!.payload] }).toEqual({ ...deadLetter, payload: [0, 255, 10, 13] });
  });

  on('empty tables give empty pages', async (results) => {
    const empty = { rows: [], next: null };
    expect(await results.windows(windowQuery)).toEqual(empty);
    expect(await results.windows({ ...windowQuery, group: 'A' })).toEqual(empty);
    expect(await results.alerts(all)).toEqual(empty);
    expect(await results.events({ ...all, key: 'A' })).toEqual(empty);
    expect(await results.deadLetters(all)).toEqual(empty);
    await results.write([]);
  });

  on('a repeated write changes nothing', async (results) => {
    const rows = oneOfEach(1);
    await results.write(rows);
    await results.write(rows);
    await Promise.all([results.write(rows), results.write(rows)]);
    for (const read of readers(results)) expect((await read()).rows).toHaveLength(1);
  });

  for (const order of permutations([0, 1, 2])) {
    on(`of versions written in the order ${order} the highest stays`, async (results) => {
      // By position first, then by revision.
      const versions = [
        { position: 3, revision: 9 },
        { position: 2 ** 41 + 4, revision: 1 },
        { position: 2 ** 41 + 4, revision: 2 },
      ];
      for (const i of order) await results.write(oneOfEach(i, versions[i]));
      for (const read of readers(results)) {
        const { rows } = await read();
        expect(rows.map((row) => row.version)).toEqual([versions[2]]);
        expect(mark(rows[0]!)).toBe(2);
      }
    });
  }

  on('of versions written at once the highest stays', async (results) => {
    const numbers = [5, 1, 9, 3, 7];
    const version = (position: number) => ({ position, revision: 1 });
    await Promise.all(numbers.map((position) => results.write(oneOfEach(position, version(position)))));
    for (const read of readers(results)) expect((await read()).rows.map(mark)).toEqual([9]);
  });

  on('keeps pipelines apart', async (results) => {
    const other = oneOfEach(2).map((row) => ({ ...row, pipeline: 'payments_test' }));
    await results.write([...oneOfEach(1), ...other]);
    for (const read of readers(results)) expect((await read()).rows.map(mark)).toEqual([1]);
  });
}

function windows(on: On): void {
  const groups = ['B', 'A', 'AB', 'a', 'ä', '☂', '', 'A\0B', 'long '.repeat(300), `${'long '.repeat(300)}x`];
  const starts = [2 * MINUTE_MS, -MINUTE_MS, 0, 2 ** 41, MINUTE_MS];
  const rows = groups.flatMap((group) => starts.map((start) => windowRowOf(group, start)));
  const ascending = [...starts].sort((a, b) => a - b);

  on('windows come by start, then by group; with newest the other way round', async (results) => {
    const some = ['B', 'A', 'AB'].flatMap((group) => starts.map((start) => windowRowOf(group, start)));
    await results.write(some);
    const expected = ascending.flatMap((start) => ['A', 'AB', 'B'].map((group) => [start, group]));
    const names = (page: Page<{ start: number; group: string }>) =>
      page.rows.map((row) => [row.start, row.group]);
    expect(names(await results.windows(windowQuery))).toEqual(expected);
    expect(names(await results.windows({ ...windowQuery, newest: true }))).toEqual(expected.toReversed());
  });

  on('windows of one group, whatever its name', async (results) => {
    await results.write(rows);
    for (const group of groups) {
      const query = { ...windowQuery, group };
      const found = await results.windows(query);
      expect(found.rows.map((row) => row.start)).toEqual(ascending);
      expect(found.rows.every((row) => row.group === group)).toBe(true);
      const newest = await results.windows({ ...query, newest: true });
      expect(newest.rows.map((row) => row.start)).toEqual(ascending.toReversed());
    }
    expect((await results.windows({ ...windowQuery, group: 'C' })).rows).toEqual([]);
    expect((await results.windows(windowQuery)).rows).toHaveLength(rows.length);
  });

  on('windows within a time: from counts, to does not', async (results) => {
    await results.write(rows);
    for (const group of ['A', undefined]) {
      const query = { ...windowQuery, ...(group !== undefined && { group }), from: 0, to: 2 * MINUTE_MS };
      for (const newest of [false, true]) {
        const found = await results.windows({ ...query, newest });
        expect(new Set(found.rows.map((row) => row.start))).toEqual(new Set([0, MINUTE_MS]));
      }
    }
    expect((await results.windows({ ...windowQuery, from: 5, to: 5 })).rows).toEqual([]);
  });

  on('a group whose windows are rare is found among many others', async (results) => {
    const crowd = Array.from({ length: 300 }, (_, i) => windowRowOf(`g${i % 7}`, Math.floor(i / 7) * 1_000));
    const rare = [3_000, 17_000, 42_000].map((start) => windowRowOf('g3x', start));
    await results.write([...crowd, ...rare]);
    const query = { ...windowQuery, group: 'g3x' };
    expect((await results.windows(query)).rows).toEqual(rare);
    expect((await results.windows({ ...query, newest: true })).rows).toEqual(rare.toReversed());
  });

  on('names that begin alike are apart', async (results) => {
    await results.write([windowRowOf('A', 0), windowRowOf('A', 0, { name: 'card_velocity_2' })]);
    expect((await results.windows(windowQuery)).rows.map((row) => row.name)).toEqual(['card_velocity']);
  });

  on('pages of windows give every row once, in order', async (results) => {
    await results.write(rows);
    for (const group of ['A', undefined]) {
      for (const newest of [false, true]) {
        const query = { ...windowQuery, newest, ...(group !== undefined && { group }) };
        await expectPages(query, (page) => results.windows(page));
      }
    }
  });
}

function timed(on: On): void {
  on('alerts, events and dead letters come newest first, by time and id', async (results) => {
    const times = [30, 10, 20, 20, -5];
    const ids = ['c', 'a', 'b2', 'b1', 'z'];
    const expected = ['c', 'b2', 'b1', 'a', 'z'];
    await results.write(times.map((time, i) => alertRowOf(ids[i]!, time)));
    await results.write(times.map((time, i) => eventRowOf(ids[i]!, time)));
    await results.write(times.map((time, i) => deadLetterRowOf(ids[i]!, time)));
    expect((await results.alerts(all)).rows.map((row) => row.id)).toEqual(expected);
    expect((await results.events(all)).rows.map((row) => row.id)).toEqual(expected);
    expect((await results.deadLetters(all)).rows.map((row) => row.eventId)).toEqual(expected);
    const within = { ...all, from: 10, to: 30 };
    expect((await results.alerts(within)).rows.map((row) => row.id)).toEqual(['b2', 'b1', 'a']);
    expect((await results.events(within)).rows.map((row) => row.id)).toEqual(['b2', 'b1', 'a']);
    expect((await results.deadLetters(within)).rows.map((row) => row.eventId)).toEqual(['b2', 'b1', 'a']);
  });

  on('pages by time give every row once, in order', async (results) => {
    const numbers = Array.from({ length: 23 }, (_, i) => i);
    await results.write(numbers.map((i) => alertRowOf(`a${i}`, Math.floor(i / 3))));
    await results.write(numbers.map((i) => eventRowOf(`e${i}`, Math.floor(i / 3), { key: `k${i % 2}` })));
    await results.write(numbers.map((i) => deadLetterRowOf(`d${i}`, Math.floor(i / 3))));
    await expectPages(all, (page) => results.alerts(page));
    await expectPages(all, (page) => results.events(page));
    await expectPages({ ...all, key: 'k1' }, (page) => results.events(page));
    await expectPages({ ...all, from: 1, to: 4 }, (page) => results.deadLetters(page));
  });

  on('events of one key; one id in two routes is two rows', async (results) => {
    const rows = [
      eventRowOf('e1', 10, { key: 'A' }),
      eventRowOf('e1', 10, { key: 'A', route: 'other' }),
      eventRowOf('e2', 20, { key: 'B' }),
      eventRowOf('e3', 30, { key: 'A' }),
    ];
    await results.write(rows);
    const found = (await results.events({ ...all, key: 'A' })).rows;
    expect(found.map((row) => row.id)).toEqual(['e3', 'e1', 'e1']);
    expect(new Set(found.map((row) => row.route))).toEqual(new Set(['large', 'other']));
    expect((await results.events(all)).rows).toHaveLength(4);
  });

  on('a row that a later version moves in time is listed once', async (results) => {
    await results.write([alertRowOf('a', 10), alertRowOf('b', 20)]);
    await results.write([alertRowOf('a', 30, { version: { position: 2, revision: 1 } })]);
    expect((await results.alerts(all)).rows.map((row) => [row.id, row.time])).toEqual([
      ['a', 30],
      ['b', 20],
    ]);
  });
}

function deadLetters(on: On): void {
  const row = deadLetterRowOf('e1', 10);

  on('a dead letter is found by its id, in its pipeline', async (results) => {
    await results.write([row]);
    expect((await results.deadLetter(pipeline, row.id))?.code).toBe(row.code);
    expect(await results.deadLetter(pipeline, 'other')).toBeNull();
    expect(await results.deadLetter('other', row.id)).toBeNull();
  });

  on('a removed dead letter is gone, and a repeat of its write does not bring it back', async (results) => {
    await results.write([row, deadLetterRowOf('e2', 20)]);
    await results.removeDeadLetter(pipeline, row.id);
    for (let i = 0; i < 2; i++) {
      expect(await results.deadLetter(pipeline, row.id)).toBeNull();
      expect((await results.deadLetters(all)).rows.map((found) => found.eventId)).toEqual(['e2']);
      await results.write([row]);
    }
  });

  on('a later version of a removed dead letter is there again', async (results) => {
    await results.write([row]);
    await results.removeDeadLetter(pipeline, row.id);
    await results.write([{ ...row, version: { position: 2, revision: 1 } }]);
    expect(await results.deadLetter(pipeline, row.id)).not.toBeNull();
    expect((await results.deadLetters(all)).rows).toHaveLength(1);
  });

  on('removing what is not there does nothing', async (results) => {
    await results.removeDeadLetter(pipeline, row.id);
    await results.write([row]);
    expect((await results.deadLetters(all)).rows).toHaveLength(1);
    await results.removeDeadLetter(pipeline, row.id);
    await results.removeDeadLetter(pipeline, row.id);
    expect((await results.deadLetters(all)).rows).toEqual([]);
  });
}
