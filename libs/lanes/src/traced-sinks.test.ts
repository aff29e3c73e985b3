import { expect, test } from '@jest/globals';
import { noTracer, type Tracer } from './ports/tracer.ts';
import type { Delivery, Refusal, Sink } from './stage.ts';
import { tracedSinks } from './traced-sinks.ts';

function deliveryOf(id: string, isSampled: boolean): Delivery {
  const trace = isSampled ? { parent: `span of ${id}`, state: '' } : null;
  return { from: 'event', id, attempt: 0, key: '', time: 0, seq: 0, trace, value: {} };
}

function sinkThat(answers: () => readonly Refusal[]): ReadonlyMap<string, Sink> {
  return new Map([['alarms', { deliver: async () => answers(), close: async () => {} }]]);
}

/** What became of the spans, in words. */
async function linesOf(sinks: ReadonlyMap<string, Sink>, batch: readonly Delivery[]): Promise<string[]> {
  const lines: string[] = [];
  const tracer: Tracer = {
    ...noTracer,
    active: true,
    start: ({ name }, { parent }) => ({
      parent: '',
      state: '',
      set: () => {},
      fail: (message) => lines.push(`failed: ${message}`),
      end: () => lines.push(`${name} under the ${parent}`),
    }),
  };
  const answer = tracedSinks(sinks, tracer, 'payments').get('alarms')!.deliver(batch);
  await answer.catch((error: Error) => lines.push(`rejected: ${error.message}`));
  return lines;
}

test('a value that is sampled has a span while it is delivered; what the sink refuses is an error', async () => {
  const refusal = { id: 'b', code: 'expression_error', message: 'no such channel' } as const;
  const batch = [deliveryOf('a', true), deliveryOf('b', true), deliveryOf('c', false)];
  expect(
    await linesOf(
      sinkThat(() => [refusal]),
      batch,
    ),
  ).toEqual([
    'failed: expression_error: no such channel',
    'deliver alarms under the span of a',
    'deliver alarms under the span of b',
  ]);
});

test('each try that does not reach the sink is an error, and the lane hears of it', async () => {
  const away = sinkThat(() => {
    throw new Error('nobody answers');
  });
  expect(await linesOf(away, [deliveryOf('a', true)])).toEqual([
    'failed: nobody answers',
    'deliver alarms under the span of a',
    'rejected: nobody answers',
  ]);
});

test('without a tracer the sinks are as they were', () => {
  const sinks = sinkThat(() => []);
  expect(tracedSinks(sinks, noTracer, 'payments')).toBe(sinks);
});
