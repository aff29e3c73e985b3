import { expect } from '@jest/globals';
import type { ResultRow } from '@millrace/lanes/ports/results';
import { alertRowOf, deadLetterRowOf, eventRowOf } from '../result-rows.ts';
import { all, mark, type On, oneOfEach, permutations, pipeline, readers } from './result-trial.ts';

/** The highest of all positions: the last offset of the last generation. */
const POSITION_MAX = Number.MAX_SAFE_INTEGER;

/** Which of several writes to a row stays. */
export function versions(on: On): void {
  for (const order of permutations([0, 1, 2])) {
    on(`of revisions of one position, written in the order ${order}, the highest stays`, async (results) => {
      for (const position of [7, POSITION_MAX]) {
        const revisions = [1_023, 1_024, 2 ** 32 + 1];
        for (const i of order) await results.write(oneOfEach(i, { position, revision: revisions[i]! }));
        for (const read of readers(results)) expect((await read()).rows.map(mark)).toEqual([2]);
      }
    });
  }

  on('positions that differ by one are told apart, however high', async (results) => {
    for (const position of [2 ** 40, POSITION_MAX]) {
      await results.write(oneOfEach(position, { position, revision: 0 }));
      await results.write(oneOfEach(1, { position: position - 1, revision: 9 }));
      for (const read of readers(results)) expect((await read()).rows.map(mark)).toEqual([position]);
    }
  });

  on('of versions in one call the highest stays, wherever it stands', async (results) => {
    const written = [4, 6, 5].flatMap((position) => oneOfEach(position, { position, revision: 1 }));
    await results.write(written);
    for (const read of readers(results)) expect((await read()).rows.map(mark)).toEqual([6]);
  });

  on('a row is where its highest version says, though an older one comes later', async (results) => {
    const version = { position: 2, revision: 0 };
    const old = { position: 1, revision: 0 };
    await results.write([
      alertRowOf('a', 30, { version }),
      eventRowOf('e', 30, { version, key: 'B' }),
      deadLetterRowOf('d', 30, { version }),
    ]);
    await results.write([
      alertRowOf('a', 10, { version: old }),
      eventRowOf('e', 10, { version: old, key: 'A' }),
      deadLetterRowOf('d', 10, { version: old }),
    ]);
    const times = async (read: Promise<{ rows: readonly ResultRow[] }>) =>
      (await read).rows.map((row) => ('time' in row ? row.time : null));
    const before = { ...all, to: 20 };
    expect(await times(results.alerts(all))).toEqual([30]);
    expect(await times(results.alerts(before))).toEqual([]);
    expect(await times(results.events(all))).toEqual([30]);
    expect(await times(results.events({ ...all, key: 'B' }))).toEqual([30]);
    expect(await times(results.events({ ...all, key: 'A' }))).toEqual([]);
    expect(await times(results.deadLetters(all))).toEqual([30]);
    expect(await times(results.deadLetters(before))).toEqual([]);
  });

  on('a removed dead letter stays away, whichever of its writes comes late', async (results) => {
    const row = deadLetterRowOf('e', 10, { version: { position: 5, revision: 0 } });
    await results.write([row]);
    await results.removeDeadLetter(pipeline, row.id);
    await results.write([{ ...row, version: { position: 4, revision: 9 }, time: 20 }]);
    await results.write([row]);
    expect(await results.deadLetter(pipeline, row.id)).toBeNull();
    expect((await results.deadLetters(all)).rows).toEqual([]);
  });

  on('a removal while the write is repeated holds', async (results) => {
    const row = deadLetterRowOf('e', 10);
    await results.write([row]);
    const repeats = Array.from({ length: 20 }, () => results.write([row]));
    await Promise.all([...repeats, results.removeDeadLetter(pipeline, row.id)]);
    expect(await results.deadLetter(pipeline, row.id)).toBeNull();
    expect((await results.deadLetters(all)).rows).toEqual([]);
  });

  on(
    'what a replay is refused with is a dead letter of its own; a later version is there again',
    async (results) => {
      const row = deadLetterRowOf('e', 10, { version: { position: 5, revision: 0 } });
      const next = { ...row, id: 'e/validate/1', attempt: 1, version: { position: 8, revision: 0 } };
      await results.write([row]);
      await results.removeDeadLetter(pipeline, row.id);
      await results.write([row, next]);
      expect((await results.deadLetters(all)).rows.map(({ id }) => id)).toEqual([next.id]);
      const again = { ...row, version: { position: 6, revision: 0 }, message: 'again' };
      await results.write([again]);
      await results.write([row]);
      expect((await results.deadLetter(pipeline, row.id))?.message).toBe('again');
      expect((await results.deadLetters(all)).rows.map(({ id }) => id)).toEqual([next.id, row.id]);
    },
  );
}
