import { expect, test } from '@jest/globals';
import type { Scope } from '@millrace/pipeline/plan';
import { eventPlanOf } from '@millrace/testkit/plans';
import { exampleFor } from './example-for.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

test('an example has an id of its own, and nothing else is made up anew', () => {
  const one = exampleFor(eventPlanOf(), NOW);
  const other = exampleFor(eventPlanOf(), NOW + 1_000);
  expect(other.payment_id).not.toBe(one.payment_id);
  expect(other.card).toBe(one.card);
});

test('numbers stay numbers that fit an int', () => {
  const plan = eventPlanOf({ type: 'record', name: 'Count', fields: [{ name: 'number', type: 'int' }] });
  const event = { ...plan, id: (scope: Scope) => String(scope.event!.number), ingestFields: ['number'] };
  const example = exampleFor(event, NOW);
  expect(example.number).toBeGreaterThan(1_000_000);
  expect(example.number).toBeLessThan(2 ** 31);
});

test('without an id of its own the example is what the schema says', () => {
  const event = { ...eventPlanOf(), id: null };
  expect(exampleFor(event, NOW).payment_id).toBe('payment-1');
});
