import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { DeadLetterRow, ResultStore } from '@millrace/lanes/ports/results';
import type { Plan } from '@millrace/pipeline/plan';
import {
  daysOf,
  flightsPlan,
  inFolder,
  type Ran,
  rowsOf,
  running,
  unpaced,
  withoutApi,
} from './pipelines.ts';
import { readFlights, readStates, recompute } from './recompute.ts';
import { plantVariant, type Variant } from './variant.ts';

const SEED = Number(process.env.MILLRACE_SEED ?? 20_010_331);
const PLANTED = {
  late: 23,
  duplicate: 31,
  conflict: 7,
  malformed: 11,
  farFuture: 13,
  implausible: 5,
  unknownAirport: 17,
};

async function deadLetters(results: ResultStore): Promise<DeadLetterRow[]> {
  return [...(await results.deadLetters({ pipeline: 'flights', limit: 1_000 })).rows];
}

/** The planted flights on a folder; `work` gets the plan that reads them. */
async function withVariant(
  work: (plan: Plan, folder: string, variant: Variant) => Promise<void>,
): Promise<void> {
  const variant = plantVariant(readFlights(), PLANTED, SEED);
  await inFolder(async (folder) => {
    const file = join(folder, '..', 'variant.ndjson');
    writeFileSync(file, variant.text);
    const plan = flightsPlan((text) =>
      withoutApi(unpaced(text))
        .replace(/path: .*flights-20k\.json/, `path: ${file}`)
        .replace('format: json', 'format: ndjson')
        .replace('id: row_number', 'id: row.id'),
    );
    await work(plan, folder, variant);
  });
}

test(`every planted fault comes out under its own name (seed ${SEED})`, async () => {
  const states = readStates();
  await withVariant(async (plan, folder, variant) => {
    await running(plan, folder, async ({ pipeline, results }) => {
      const seen: boolean[] = [];
      const watching = setInterval(() => seen.push(pipeline.status().audit.balanced), 10);
      await pipeline.sourcesDone;
      clearInterval(watching);
      expect(seen.length).toBeGreaterThan(3);
      expect(seen).not.toContain(false);
      const { malformed, farFuture, implausible, conflict, late, duplicate, unknownAirport } = PLANTED;
      const rejected = malformed + farFuture + implausible + conflict;
      expect(pipeline.status().audit).toMatchObject({
        events: variant.rows,
        dropped: 0,
        duplicate,
        rejected,
        late,
        processed: variant.rows - duplicate - rejected - late,
        inFlight: 0,
        balanced: true,
        flags: { airport_missing: unknownAirport },
      });
      const codes = Map.groupBy(await deadLetters(results), ({ code }) => code);
      expect(Object.fromEntries([...codes].map(([code, rows]) => [code, rows.length]))).toEqual({
        malformed_json: malformed,
        far_future: farFuture,
        'rule:plausible_delay': implausible,
        id_conflict: conflict,
        late,
      });
      expect(await daysOf(results, 'delays_by_origin')).toEqual(
        recompute(variant.counted, ({ origin }) => origin),
      );
      expect(await daysOf(results, 'delays_by_state')).toEqual(
        recompute(variant.counted, ({ origin }) => states.get(origin)),
      );
    });
  });
});

test('computing everything again from raw gives the same rows', async () => {
  await withVariant(async (plan, folder) => {
    const first = await running(plan, folder, everything);
    const again = await running(plan, folder, everything, { rebuild: true });
    expect(first.local.length).toBeGreaterThan(6_000);
    expect(first.deadLetters.length).toBeGreaterThan(50);
    expect(again).toEqual(first);
  });
});

/** Lane-local rows whole; of merged windows what is final, since lanes race into the merge. */
async function everything({ pipeline, results }: Ran) {
  await pipeline.sourcesDone;
  const validate = pipeline.status().stages.find(({ name }) => name === 'validate');
  return {
    read: validate!.events >= 20_000,
    audit: pipeline.status().audit,
    local: await rowsOf(results, 'delays_by_origin'),
    merged: await daysOf(results, 'delays_by_state'),
    alerts: (await results.alerts({ pipeline: 'flights', limit: 1_000 })).rows,
    deadLetters: await deadLetters(results),
  };
}
