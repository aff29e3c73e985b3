import { droppedOf, verifyChain } from '../check/chain.ts';
import { differences } from '../check/differences.ts';
import { verifyEventRows } from '../check/events.ts';
import { verifyPromises } from '../check/promises.ts';
import { verify } from '../check/verify.ts';
import { readSaved } from '../evidence/saved.ts';
import { readTopics } from '../evidence/topics.ts';
import type { OracleMethod } from '../oracle/plan.ts';
import { oraclePlanOf } from '../workload/oracle-plan.ts';
import { MOODS, rowOf } from './moody-table.ts';
import type { UnfusedRun } from './unfused.ts';

/** Everything that is wrong with a finished run; empty: nothing. */
export function judge(run: UnfusedRun): string[] {
  const { settings, script, plan, world, answered } = run;
  if (run.faults.length > 0) return [...run.faults];
  const lanes = Array.from({ length: settings.lanes }, (_, lane) => lane);
  const topics = readTopics(world.broker, world.registry, []);
  const saved = readSaved(world.broker, world.state, 0);
  const raw = lanes.map(topics.raw);
  const records = lanes.map(topics.enriched);
  const rows = world.results.rows();
  const counts = lanes.map(saved.counts);
  const made = { local: topics.made(lanes, 0), merged: topics.made(lanes, 1) };
  const oracle = oraclePlanOf(
    settings,
    plan.detectors.find(({ name }) => name === 'odd')!.method as OracleMethod,
  );
  return [
    ...saved.undrained(settings.lanes),
    ...verifyPromises(script, answered, raw.flat()),
    ...lanes.flatMap((lane) => verifyChain(settings, lane, raw[lane]!, records[lane]!, rowsOf)),
    ...differences(
      'events and drops',
      raw.map((flows) => ({ events: flows.filter(isEvent).length, dropped: droppedOf(settings, flows) })),
      counts.map(({ events, dropped }) => ({ events, dropped })),
    ),
    ...verify(oracle, { records, partials: lanes.map(topics.partials), made, rows, counts }),
    ...verifyEventRows(oracle, records, rows),
  ];
}

function isEvent({ kind }: { readonly kind: string }): boolean {
  return kind !== 'tick' && kind !== 'opened';
}

/** Every row that the moody table may have answered. */
function rowsOf(key: string | null) {
  return Array.from({ length: MOODS }, (_, mood) => (key === null ? null : rowOf(key, mood)));
}
