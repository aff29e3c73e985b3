import { fold } from './random.ts';
import { simulate, type Verdict } from './simulate.ts';

export interface Sought {
  /** The first seed that finds a fault, and what it finds; null: none does. */
  readonly found: { readonly seed: number; readonly faults: readonly string[] } | null;
  /** Hash of all that happened in all runs. */
  readonly trace: number;
}

/** Runs a range of seeds until one finds a fault. */
export async function seek(first: number, seeds: number): Promise<Sought> {
  let trace = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const verdict = await simulateSafely(seed);
    trace = fold(trace, verdict.trace);
    if (verdict.faults.length > 0) return { found: { seed, faults: verdict.faults }, trace };
  }
  return { found: null, trace };
}

/** A run that throws has found something, too. */
async function simulateSafely(seed: number): Promise<Verdict> {
  try {
    return await simulate(seed);
  } catch (error) {
    return { faults: [(error as Error).stack ?? String(error)], trace: '' };
  }
}
