import { judge, judgeFused } from './run/judge.ts';
import { runUnfused } from './run/unfused.ts';

export interface Verdict {
  /** What is wrong, for people; empty: nothing. */
  readonly faults: readonly string[];
  /** Hash of everything that happened: a seed gives the same one each time. */
  readonly trace: string;
}

/**
 * One run of a seed: its pipeline, its events and its troubles, through the real stages in simulated processes, then
 * its raw log through a fused run; both judged by the oracle.
 */
export async function simulate(seed: number): Promise<Verdict> {
  const run = await runUnfused(seed);
  const faults = judge(run);
  if (faults.length === 0) faults.push(...(await judgeFused(seed, run)));
  return { faults, trace: run.world.scheduler.trace() };
}
