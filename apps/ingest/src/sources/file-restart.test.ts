import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StateStore } from '@millrace/lanes/ports/state';
import { createMemoryLog } from '../fixtures/memory-log.ts';
import { createMemoryState } from '../fixtures/memory-state.ts';
import { type Running, startIngest, until } from '../fixtures/running.ts';
import {
  byPosition,
  createFolder,
  csv,
  type Folder,
  LANES,
  ndjson,
  payment,
  payments,
  readAll,
  taken,
} from '../fixtures/running-files.ts';

let folder: Folder;
beforeEach(() => {
  folder = createFolder();
});
afterEach(() => folder.remove());
const write = (name: string, text: string | Buffer) => folder.write(name, text);

test.each(['a.json', 'a.ndjson', 'a.csv'])(
  '%s: a restart after any record loses and doubles nothing',
  async (name) => {
    const rows = [...payments(5), payment(5, { currency: 'a "b", c' }), { bad: 1 }, ...payments(4, 7)];
    const text = {
      'a.json': JSON.stringify(rows, null, 1),
      'a.ndjson': ndjson(rows),
      'a.csv': csvWithBadRow(),
    }[name]!;
    write(name, text);
    const plan = folder.plan(name);
    const bounds = { sliceRecords: 1, saveMs: 0, tickMs: 60_000, chunkBytesMin: 64, chunkBytesMax: 64 };
    for (let crashAfter = 0; crashAfter <= rows.length + LANES; crashAfter++) {
      const memory = createMemoryLog();
      const state = createMemoryState();
      let appends = -LANES;
      const crashed = Promise.withResolvers<void>();
      memory.fate = () => {
        appends += 1;
        if (appends <= crashAfter) return 'ok';
        crashed.resolve();
        return 'never';
      };
      const first = await startIngest({
        plan,
        memory,
        state,
        bounds: { ...bounds, slicesInFlightMax: 1 + (crashAfter % 4) },
      });
      await Promise.race([crashed.promise, first.ingest.finished]);
      await first.app.close();
      memory.fate = () => 'ok';
      const second = await readAll(plan, { memory, state, bounds });
      expect(acceptedOnce(second)).toEqual(rows.map((_, i) => i));
      for (let lane = 0; lane < LANES; lane++) expect(second.ticks(lane).at(-1)!.ended).toBe(true);
    }

    function csvWithBadRow(): string {
      const lines = rows.map((row) =>
        'bad' in row
          ? 'only one'
          : Object.values(row)
              .map((cell) => `"${String(cell).replaceAll('"', '""')}"`)
              .join(','),
      );
      return [Object.keys(payment(0)).join(','), ...lines].join('\n');
    }
  },
);

/** Positions that a reader accepts, which takes only what ascends per lane. */
function acceptedOnce(running: Running): number[] {
  const accepted: number[] = [];
  for (let lane = 0; lane < LANES; lane++) {
    let last = -1;
    for (const { position } of taken(running, lane)) {
      if (position <= last) continue;
      accepted.push(position);
      last = position;
    }
  }
  return accepted.sort((a, b) => a - b);
}

test('a restart goes on at the saved position, and says again that the file has ended', async () => {
  write('a.csv', csv(payments(100)));
  const plan = folder.plan('a.csv');
  const state = createMemoryState();
  await readAll(plan, { state });
  const again = await readAll(plan, { state });
  expect(taken(again)).toEqual([]);
  expect(again.flows(0)).toMatchObject([{ kind: 'opened' }]);
  expect(again.ticks(0)).toMatchObject([
    { ended: true, position: 99, eventTime: Date.UTC(2026, 0, 1) + 99_000 },
  ]);
});

test.each(['a.ndjson', 'a.csv'])('%s: rows added at the end are read at the next start', async (name) => {
  const text = (rows: object[]) => (name === 'a.csv' ? csv(rows) : ndjson(rows));
  write(name, text(payments(10)));
  const plan = folder.plan(name);
  const state = createMemoryState();
  const memory = createMemoryLog();
  await readAll(plan, { state, memory });
  appendFileSync(join(folder.path, name), text(payments(5, 10)).replace(/^payment_id.*\r\n/, ''));
  const running = await readAll(plan, { state, memory });
  expect(byPosition(taken(running)).map(({ id, position }) => `${id} ${position}`)).toEqual(
    payments(15).map(({ payment_id }, i) => `${payment_id} ${i}`),
  );
  expect(new Set(running.flows().map(({ part }) => part)).size).toBe(1);
});

test('another file under the same path is a part of its own', async () => {
  write('a.ndjson', ndjson(payments(10)));
  const plan = folder.plan('a.ndjson');
  const state = createMemoryState();
  const first = await readAll(plan, { state });
  write('a.ndjson', ndjson(payments(10, 100)));
  const second = await readAll(plan, { state });
  expect(taken(second)).toHaveLength(10);
  expect(taken(second)[0]!.part).not.toBe(taken(first)[0]!.part);
  expect(first.warnings).toEqual([]);
  expect(second.warnings).toEqual([expect.stringMatching(/^a\.ndjson begins otherwise than .* are late/)]);
  expect((await readAll(plan, { state })).warnings).toEqual([]);
});

test('a file that has changed before the saved position is refused', async () => {
  write('a.ndjson', ndjson(payments(10)));
  const plan = folder.plan('a.ndjson');
  const state = createMemoryState();
  await readAll(plan, { state });
  write('a.ndjson', ndjson([payment(0), ...payments(20, 50)]));
  const restarted = startIngest({ plan, state });
  await expect(restarted).rejects.toThrow(/a\.ndjson is not the file that was read up to row 10/);
});

test('of two processes that read a file the later one goes on', async () => {
  write('a.ndjson', ndjson(payments(2_000)));
  const plan = folder.plan('a.ndjson', { config: { pace: 200 } });
  const state = createMemoryState();
  const first = await startIngest({ plan, state, bounds: { saveMs: 0 } });
  const second = await startIngest({ plan, state, bounds: { saveMs: 0 } });
  await until(() => first.failures.length > 0, 'the first to stop');
  expect(first.failures[0]!.message).toContain('another process has taken over reading a.ndjson');
  expect(second.failures).toEqual([]);
  await Promise.all([first.stop(), second.stop()]);
});

test('a store that is away, goes back or comes back empty ends no reading, and the position is saved in the end', async () => {
  write('a.ndjson', ndjson(payments(600)));
  const plan = folder.plan('a.ndjson', { config: { pace: 2_000 } });
  const memory = createMemoryState();
  let isAway = false;
  let unheard = 0;
  const keys = new Set<string>();
  const state: StateStore = {
    ...memory,
    async checkpoint(key, checkpoint) {
      keys.add(key);
      if (isAway) throw new Error('away');
      const written = await memory.checkpoint(key, checkpoint);
      if (unheard-- > 0) throw new Error('no answer, though it was written');
      return written;
    },
  };
  const running = await startIngest({ plan, state, bounds: { saveMs: 5 } });
  const goesOn = (rows: number) => until(() => taken(running).length > rows, `${rows} rows`);
  await goesOn(50);
  isAway = true;
  await goesOn(150);
  isAway = false;
  unheard = 3;
  await goesOn(250);
  for (const key of keys) await memory.remove(key);
  await running.ingest.finished;
  await running.stop();
  expect(running.failures).toEqual([]);
  expect(taken(running)).toHaveLength(600);
  expect(taken(await readAll(plan, { state }))).toEqual([]);
});

test('draining in mid-file saves what is acknowledged; the next start goes on there', async () => {
  write('a.json', JSON.stringify(payments(500)));
  const plan = folder.plan('a.json', { config: { pace: 1_000 } });
  const state = createMemoryState();
  const first = await startIngest({ plan, state });
  await until(() => taken(first).length > 20, 'the first rows');
  await first.stop();
  const before = taken(first).length;
  expect(before).toBeLessThan(500);
  const status = first.ingest.sources()[0]!.parts[0]!;
  expect(status).toMatchObject({ state: 'active', position: before - 1 });
  const second = await readAll(plan, { state });
  expect(taken(second)).toHaveLength(500 - before);
  expect(second.ingest.sources()[0]).toMatchObject({
    name: 'history',
    kind: 'file',
    parts: [{ state: 'ended', position: 499, progress: 1 }],
  });
});
