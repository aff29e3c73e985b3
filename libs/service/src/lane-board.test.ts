import { expect, test } from '@jest/globals';
import { createMeasures } from '@millrace/lanes/measures';
import { type Clock, systemClock } from '@millrace/lanes/ports/clock';
import { type ConsumeOptions, type EventLog, type LaneReader, LaneStopped } from '@millrace/lanes/ports/log';
import { createLaneBoard, lagOf } from './lane-board.ts';

const encoder = new TextEncoder();

/** A board, and the log as the kernel's reader meets it. */
async function setUp(reader: Partial<LaneReader> = {}, clock: Clock = systemClock) {
  const lines: string[] = [];
  const line = (_: object, message: string) => void lines.push(message);
  const measures = createMeasures();
  const board = createLaneBoard({
    pipeline: 'p',
    clock,
    logger: { info: line, warn: line, error: line },
    measures,
  });
  let given: ConsumeOptions | null = null;
  const inner = {
    bounds: async () => ({ start: 0, end: 30 }),
    append: async () => 40,
    async consume(options: ConsumeOptions) {
      given = options;
      return { close: async () => {} };
    },
  } as unknown as EventLog;
  const log = board.observe(inner);
  await log.consume({
    group: 'p.validate',
    topic: 'p.raw',
    takeOver: async () => ({
      from: 0,
      batch: async () => {},
      released: () => {},
      ...(reader.batch && { batch: reader.batch }),
      ...(reader.released && { released: reader.released }),
      ...('failed' in reader && { failed: reader.failed! }),
    }),
    onStopped: () => {},
  });
  const entry = () => board.entries()[0]!;
  return { board, log, measures, lines, entry, options: given! as ConsumeOptions };
}

const batchOf = (count: number, end: number) => ({
  base: 0,
  end,
  records: Array.from({ length: count }, () => ({
    value: encoder.encode('x'),
    timestampMs: Date.now() - 100,
  })),
});

const savedAt = (offset: number) => ({
  stage: 'validate',
  topic: 'p.raw',
  lane: 2,
  offset,
  counts: null,
  view: null,
});

test('lag is what is known of the end, less what is saved', async () => {
  const { board, options, entry, log } = await setUp();
  const reader = await options.takeOver(2);
  board.saved(savedAt(0));
  await reader.batch(batchOf(3, 10));
  board.saved(savedAt(3));
  expect(lagOf(board, entry())).toBe(7);
  await log.append('p.raw', 2, batchOf(2, 0).records);
  expect(lagOf(board, entry())).toBe(39);
});

test('latencies are those of a batch that is through', async () => {
  const { options, measures } = await setUp();
  await (await options.takeOver(0)).batch(batchOf(4, 4));
  const { count, below } = measures.stages.validate.histogram();
  expect(count).toBe(4);
  expect(below.find(([ms]) => ms === 64)![1]).toBe(0);
});

test('a lane that failed is told once, until it works', async () => {
  const fails = { batch: () => Promise.reject(new Error('no answer')) };
  const { options, entry, lines } = await setUp(fails);
  for (let i = 0; i < 2; i++) {
    const reader = await options.takeOver(0);
    await expect(reader.batch(batchOf(1, 1))).rejects.toThrow('no answer');
  }
  expect(entry()).toMatchObject({ held: false, failing: 'no answer' });
  expect(lines).toHaveLength(2);
  await options.takeOver(0);
  expect(entry()).toMatchObject({ held: true, failing: null });
});

test('a lane that stopped says so until it is taken over', async () => {
  const { options, entry, board } = await setUp();
  const stopped = new LaneStopped('lane_gap', 'an event vanished');
  options.onStopped(0, stopped);
  expect(entry().stopped).toEqual({ code: 'lane_gap', message: 'an event vanished' });
  await options.takeOver(0);
  expect(entry().stopped).toBeNull();
  board.stopped('validate', 'p.raw', 0, stopped);
  board.saved({ ...savedAt(1), lane: 0 });
  expect(entry().stopped).toBeNull();
});

test('what the reader answers when it is released, and what it says of itself, is passed on', async () => {
  const settled = Promise.resolve();
  const failed = Promise.resolve(new Error('not saved'));
  const { options, entry } = await setUp({ released: () => settled, failed });
  const reader = await options.takeOver(0);
  expect(reader.released()).toBe(settled);
  expect(entry().held).toBe(false);
  await expect(reader.failed).resolves.toThrow('not saved');
});

test('what a reader says after its release is no word on the lane', async () => {
  const failing = Promise.withResolvers<Error>();
  const failures = [failing.promise, new Promise<never>(() => {})];
  const { options, entry } = await setUp({
    get failed() {
      return failures.shift()!;
    },
  });
  const before = await options.takeOver(0);
  await before.released();
  await options.takeOver(0);
  failing.resolve(new Error('not committed'));
  await before.failed;
  expect(entry()).toMatchObject({ held: true, failing: null });
});

test('a lane that failed and is not tried again has gone elsewhere: what it failed with holds nothing up', async () => {
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, sleep: async () => {} };
  const { options, entry, board } = await setUp(
    { batch: () => Promise.reject(new Error('no answer')) },
    clock,
  );
  const reader = await options.takeOver(0);
  await expect(reader.batch(batchOf(1, 1))).rejects.toThrow('no answer');
  board.stopped('validate', 'p.raw', 0, new LaneStopped('state_lost', 'it was emptied'));
  nowMs += 10_000;
  expect(entry()).toMatchObject({ failing: 'no answer', stopped: { code: 'state_lost' } });
  nowMs += 10_000;
  expect(entry()).toMatchObject({ failing: null, stopped: null });
  board.stopped('validate', 'p.raw', 0, new LaneStopped('lane_gap', 'an event vanished'));
  nowMs += 60_000;
  expect(entry().stopped).toMatchObject({ code: 'lane_gap' });
});
