import type { Plan } from '@millrace/pipeline/plan';
import { sinkDeadLetter } from './dead-letter.ts';
import type { Measures } from './measures.ts';
import type { Clock } from './ports/clock.ts';
import type { ResultRow } from './ports/results.ts';
import { retrying } from './retrying.ts';
import type { Delivery, Sink } from './stage.ts';

export interface DeliveryOptions {
  readonly plan: Plan;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly clock: Clock;
  readonly measures: Measures;
  /** The lane has gone elsewhere: nothing is tried again. */
  isOver(): boolean;
  /** A sink did not answer and is tried again. */
  onRetry?(error: unknown): void;
}

/**
 * Delivers a batch's values to their sinks, each until it answers; what a sink refuses becomes its dead letters.
 * @returns null when there is nothing to deliver.
 */
export function deliverAll(
  options: DeliveryOptions,
  batch: { deliveries(): ReadonlyMap<string, readonly Delivery[]>; store(row: ResultRow): void },
): Promise<unknown> | null {
  const deliveries = batch.deliveries();
  if (deliveries.size === 0) return null;
  return Promise.all(
    [...deliveries].map(async ([name, values]) => {
      const sink = options.sinks.get(name);
      if (sink === undefined) throw new Error(`sink "${name}" is not open`);
      const refusals = await retrying(options, () => sink.deliver(values));
      const byId = new Map(values.map((value) => [value.id, value]));
      for (const refusal of refusals) {
        const delivery = byId.get(refusal.id);
        if (delivery === undefined)
          throw new Error(`sink "${name}" refused "${refusal.id}", which it was not given`);
        batch.store(sinkDeadLetter(options.plan.pipeline, name, delivery, refusal));
      }
    }),
  );
}
