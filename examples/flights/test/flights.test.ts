import { describe, expect, test } from '@jest/globals';
import { daysOf, flightsPlan, inFolder, rowsOf, running, unpaced, withoutApi } from './pipelines.ts';
import { readFlights, readStates, recompute } from './recompute.ts';

const flights = readFlights();
const states = readStates();
const byOrigin = recompute(flights, ({ origin }) => origin);
const byState = recompute(flights, ({ origin }) => states.get(origin));

test('the recomputation has what the data is known to have', () => {
  expect(flights).toHaveLength(20_000);
  expect(byOrigin.size).toBe(6_901);
});

describe.each([
  ['fused', {}],
  ['with its topics kept', { keepTopics: true }],
])('%s', (_, options) => {
  test('final windows are those of an independent recomputation, exactly', async () => {
    await inFolder(async (folder) => {
      const plan = flightsPlan((text) => withoutApi(unpaced(text)));
      const finished = await running(
        plan,
        folder,
        async ({ pipeline, results }) => {
          await pipeline.sourcesDone;
          const { audit } = pipeline.status();
          expect(audit).toMatchObject({ events: 20_000, processed: 20_000, inFlight: 0, balanced: true });
          expect(await daysOf(results, 'delays_by_origin')).toEqual(byOrigin);
          expect(await daysOf(results, 'delays_by_state')).toEqual(byState);
          const all = [
            ...(await rowsOf(results, 'delays_by_origin')),
            ...(await rowsOf(results, 'delays_by_state')),
          ];
          expect(all.filter(({ final }) => !final)).toEqual([]);
          const { rows } = await results.alerts({ pipeline: 'flights', limit: 1_000 });
          const severe = rows.filter(({ name }) => name === 'severe').map(({ eventId }) => Number(eventId));
          const expected = flights.filter(({ delay }) => delay > 300).map(({ id }) => id);
          expect(severe.toSorted((a, b) => a - b)).toEqual(expected);
          const kept = await results.events({ pipeline: 'flights', limit: 1_000 });
          expect(kept.rows.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual(expected);
          return 'checked';
        },
        options,
      );
      expect(finished).toBe('checked');
    });
  });
});
