import type { Counts } from '@millrace/lanes/audit';
import type { Plan } from '@millrace/pipeline/plan';
import { fusedLane, verifyChain } from '../check/chain.ts';
import { differences } from '../check/differences.ts';
import { verifyEventRows } from '../check/events.ts';
import type { Observed } from '../check/observed.ts';
import { verifyPromises } from '../check/promises.ts';
import { verifyRawLane } from '../check/raw-lane.ts';
import { verifyUserTopics } from '../check/user-topics.ts';
import { truthsOf, verify } from '../check/verify.ts';
import { readSaved } from '../evidence/saved.ts';
import { readTopics } from '../evidence/topics.ts';
import type { OracleMethod, OraclePlan } from '../oracle/plan.ts';
import { oraclePlanOf } from '../workload/oracle-plan.ts';
import type { Settings } from '../workload/settings.ts';
import { isDropped, type RawRecord } from '../workload/verdict.ts';
import type { Broker } from '../world/broker.ts';
import { runFused } from './fused.ts';
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
  const oracle = oracleOf(settings, plan);
  return [
    ...saved.undrained(settings.lanes),
    ...verifyPromises(script, answered, raw.flat()),
    ...lanes.flatMap((lane) => verifyRawLane(oracle, lane, raw[lane]!)),
    ...lanes.flatMap((lane) => verifyChain(settings, lane, raw[lane]!, records[lane]!, rowsOf)),
    ...verifyDrops(settings, raw, counts),
    ...verifyOutputs(
      settings,
      oracle,
      { records, partials: lanes.map(topics.partials), made, rows, counts },
      world.broker,
    ),
  ];
}

/** A fused run over the same raw, judged by what the oracle makes of raw alone. */
export async function judgeFused(seed: number, { settings, plan, world }: UnfusedRun): Promise<string[]> {
  const lanes = Array.from({ length: settings.lanes }, (_, lane) => lane);
  const stored = lanes.map((lane) => world.broker.read('sim.raw', lane, 0, Number.MAX_SAFE_INTEGER).records);
  const run = await runFused({ seed, plan, registry: world.registry, raw: stored });
  if (run.faults.length > 0) return [...run.faults];
  const topics = readTopics(world.broker, world.registry, []);
  const raw = lanes.map(topics.raw);
  const records = raw.map((flows) =>
    fusedLane(settings, flows, (key) => (key === null ? null : rowOf(key, 0))),
  );
  const counts = lanes.map(
    (lane) => JSON.parse(run.disk.states.get(`sim/lane/${lane}`)!.head).counts as Counts,
  );
  const rows = run.world.results.rows();
  const oracle = oracleOf(settings, plan);
  return [
    ...verifyDrops(settings, raw, counts),
    ...verifyOutputs(
      settings,
      oracle,
      { records, partials: run.partials, made: null, rows, counts },
      run.world.broker,
    ),
  ].map((fault) => `fused: ${fault}`);
}

function verifyOutputs(settings: Settings, oracle: OraclePlan, observed: Observed, broker: Broker): string[] {
  const truths = truthsOf(oracle, observed);
  if (Array.isArray(truths)) return truths;
  return [
    ...verify(oracle, observed, truths),
    ...verifyEventRows(observed.records, truths.lanes, observed.rows),
    ...(settings.watched
      ? verifyUserTopics(broker, truths, observed.made === null ? 'once' : 'at least once')
      : []),
  ];
}

function oracleOf(settings: Settings, plan: Plan): OraclePlan {
  return oraclePlanOf(settings, plan.detectors.find(({ name }) => name === 'odd')!.method as OracleMethod);
}

function verifyDrops(
  settings: Settings,
  raw: readonly (readonly RawRecord[])[],
  counts: readonly Counts[],
): string[] {
  return differences(
    'events and drops',
    raw.map((flows) => ({
      events: flows.filter(isEvent).length,
      dropped: flows.filter((flow) => isDropped(settings, flow)).length,
    })),
    counts.map(({ events, dropped }) => ({ events, dropped })),
  );
}

function isEvent({ kind }: { readonly kind: string }): boolean {
  return kind !== 'tick' && kind !== 'opened';
}

/** Every row that the moody table may have answered. */
function rowsOf(key: string | null) {
  return Array.from({ length: MOODS }, (_, mood) => (key === null ? null : rowOf(key, mood)));
}
