import { describe, expect, test } from '@jest/globals';
import type { Flow } from '@millrace/lanes/flow';
import type { Processor } from '@millrace/lanes/stage';
import { type AnyOutput, createRecorder, flowOf, type Made, outputsOf, SavedEntries } from '../flows.ts';

export interface StageSubject<Input> {
  create(): Processor<Input, AnyOutput>;
  /** Made anew at each call, since stages change records in place. At least one must have an effect. */
  inputs(): readonly Input[];
  /** A record of the lane as the stage's input; absent: the stage forwards nothing (merge, route). */
  readonly fromFlow?: (record: Flow) => Input;
}

/** What `libs/lanes/src/stage.ts` promises of every stage. */
export function stageContract<Input>(name: string, subject: StageSubject<Input>): void {
  describe(`stage contract: ${name}`, () => {
    test('the same records give the same outputs, whatever the clock and chance say', async () => {
      const first = await outputsOf(subject.create(), subject.inputs());
      expect(first.flat()).not.toEqual([]);
      const again = await otherwise(() => outputsOf(subject.create(), subject.inputs()));
      expect(again).toEqual(first);
    });

    test('outputs are caused by the record at hand, not by those that follow', async () => {
      const all = await outputsOf(subject.create(), subject.inputs());
      for (const length of cuts(subject.inputs().length)) {
        const some = await outputsOf(subject.create(), subject.inputs().slice(0, length));
        expect(some).toEqual(all.slice(0, length));
      }
    });

    test('nothing comes out once process has returned', async () => {
      const { out, made } = createRecorder();
      const processor = subject.create();
      for (const input of subject.inputs()) {
        await processor.prepare?.([input]);
        processor.process(input, out);
      }
      const before = made.length;
      await new Promise((resolve) => setImmediate(resolve));
      expect(made).toHaveLength(before);
    });

    test('a restored processor goes on as the saved one would have', async () => {
      const inputs = subject.inputs();
      const whole = await outputsOf(subject.create(), inputs);
      for (const cut of cuts(inputs.length)) {
        const restored = await restoredAfter(subject, cut);
        expect(await outputsOf(restored, subject.inputs().slice(cut))).toEqual(whole.slice(cut));
      }
    });

    const { fromFlow } = subject;
    if (fromFlow !== undefined) forwardingContract(subject, fromFlow);
  });
}

function forwardingContract<Input>(subject: StageSubject<Input>, fromFlow: (record: Flow) => Input): void {
  const common = { seq: 7, part: 3, ingestTime: 1_700_000_000_000, source: 'api' };
  const refused = { id: 'p1', key: 'A', code: 'late', message: 'why', payload: new Uint8Array([1, 2]) };
  test.each([
    ['a tick', flowOf('tick', { ...common, eventTime: 5, ended: false })],
    ['a source part that opens', flowOf('opened', { ...common, partName: 'api', parts: 1 })],
    ['a rejected record', flowOf('rejected', { ...common, ...refused, stage: 'ingest' })],
    ['a replay for a sink', flowOf('replay', { ...common, ...refused, stage: 'sink:a.webhook', attempt: 1 })],
  ])('passes on %s untouched', async (_, record) => {
    const before = structuredClone(record);
    const [outputs] = await outputsOf(subject.create(), [fromFlow(record)]);
    expect(forwards(outputs!)).toEqual([before]);
  });

  test('forwards a record at most once, under its own seq', async () => {
    const inputs = subject.inputs();
    const seqs = inputs.map((input) => (input as Flow).seq);
    const outputs = await outputsOf(subject.create(), inputs);
    for (const [index, made] of outputs.entries()) {
      expect([[], [seqs[index]]]).toContainEqual(forwards(made).map(({ seq }) => seq));
    }
  });
}

function forwards(made: readonly Made[]): Flow[] {
  return made.flatMap(([method, flow]) => (method === 'forward' ? [flow as Flow] : []));
}

/** State saved after every record, as increments, and restored into a new processor. */
async function restoredAfter<Input>(
  subject: StageSubject<Input>,
  cut: number,
): Promise<Processor<Input, AnyOutput>> {
  const saved = new SavedEntries();
  const processor = subject.create();
  for (const input of subject.inputs().slice(0, cut)) {
    await outputsOf(processor, [input]);
    processor.state?.drain(saved);
  }
  expect(processor.state?.size() ?? 0).toBe(saved.entries.size);
  const restored = subject.create();
  for (const [key, value] of saved.entries) restored.state?.restore(key, value);
  return restored;
}

/** Every place to cut a short list; of a long one some. */
function cuts(length: number): number[] {
  const step = Math.max(1, Math.floor(length / 20));
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}

/** With a clock and a chance that a stage must not have looked at. */
async function otherwise<T>(run: () => Promise<T>): Promise<T> {
  const { now } = Date;
  const { random } = Math;
  Date.now = () => 0;
  Math.random = () => 0.5;
  try {
    return await run();
  } finally {
    Date.now = now;
    Math.random = random;
  }
}
