import type { WindowResult } from '@millrace/lanes/made';
import type { WindowPlan } from '@millrace/pipeline/plan';
import type { Cell } from './open-windows.ts';

/** One accumulator per computed value, in document order. */
export type Accumulators = unknown[];

export function createAccumulators(plan: WindowPlan): Accumulators {
  return plan.compute.map(({ aggregate, parameters }) => aggregate.create(parameters));
}

/** Folds an event's values in; null leaves an aggregate as it is. */
export function accumulate(plan: WindowPlan, accumulators: Accumulators, values: readonly unknown[]): void {
  const { compute } = plan;
  for (let i = 0; i < compute.length; i++) {
    const { aggregate, value } = compute[i]!;
    if (value !== null && values[i] === null) continue;
    accumulators[i] = aggregate.add(accumulators[i], values[i]);
  }
}

/** The sum of several lanes' accumulators, in the given order; to be read, not changed. */
export function sumAccumulators(plan: WindowPlan, lanes: readonly (Accumulators | null)[]): Accumulators {
  return plan.compute.map(({ aggregate, parameters }, i) => {
    let sum: unknown = null;
    for (const lane of lanes) {
      if (lane !== null) sum = sum === null ? lane[i] : aggregate.merge(sum, lane[i]);
    }
    return sum ?? aggregate.create(parameters);
  });
}

/** The result that a cell's revision stands for. */
export function resultOf(
  cell: Pick<Cell<unknown>, 'plan' | 'group' | 'start' | 'end' | 'revision' | 'closed'>,
  accumulators: Accumulators,
): WindowResult {
  const { plan, group, start, end, revision, closed } = cell;
  const values: Record<string, number | string | null> = {};
  for (let i = 0; i < plan.compute.length; i++) {
    const { name, aggregate } = plan.compute[i]!;
    values[name] = aggregate.result(accumulators[i]);
  }
  return { name: plan.name, group, start, end, revision, final: closed, values };
}
