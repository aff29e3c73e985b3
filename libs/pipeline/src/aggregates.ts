import type { AggregateKind } from './aggregate-kind.ts';
import { avg } from './aggregates/avg.ts';
import { count } from './aggregates/count.ts';
import { max } from './aggregates/max.ts';
import { min } from './aggregates/min.ts';
import { sum } from './aggregates/sum.ts';

/** Every function that `compute` may call, by its name there. */
// Each keeps its own accumulator, which only it looks into.
export const aggregates: readonly AggregateKind[] = [count, sum, avg, min, max] as AggregateKind<unknown>[];
