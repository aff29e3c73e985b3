import type { EventPlan } from '@millrace/pipeline/plan';
import { exampleEvent } from './example-event.ts';
import { idFieldOf, variant } from './id-field.ts';

const MS_PER_SECOND = 1_000;

/** An example to send to a pipeline: its id is not that of an event that is there already. */
export function exampleFor(event: EventPlan, nowMs: number): Record<string, unknown> {
  const example = exampleEvent(event.schema, nowMs);
  const field = idFieldOf(event, example, event.ingestFields);
  // Seconds still fit an int.
  if (field !== undefined) example[field] = variant(example[field], Math.floor(nowMs / MS_PER_SECOND));
  return example;
}
