import { expect, test } from '@jest/globals';
import { UNSAVED_RECORDS_MAX } from './bounds.ts';
import { createLaneSaver } from './lane-saver.ts';

/** Saves that end when told; `done` is what has been processed. */
function createLane() {
  const saves: { readonly upTo: number; end(error?: Error): void }[] = [];
  let done = 0;
  const saver = createLaneSaver(() => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    saves.push({ upTo: done, end: (error) => (error === undefined ? resolve() : reject(error)) });
    return promise;
  });
  return {
    saver,
    saves,
    begin(records: number): void {
      saver.begin();
      done += records;
    },
    batch(records: number): Promise<void> {
      this.begin(records);
      return saver.done(records);
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('batches go on beside a save, and the next one is of all that is done by then', async () => {
  const lane = createLane();
  for (let i = 0; i < 3; i++) await lane.batch(10);
  expect(lane.saves.map(({ upTo }) => upTo)).toEqual([10]);
  lane.saves[0]!.end();
  await turn();
  expect(lane.saves.map(({ upTo }) => upTo)).toEqual([10, 30]);
  let isSettled = false;
  const settled = lane.saver.settle().then(() => {
    isSettled = true;
  });
  await turn();
  expect(isSettled).toBe(false);
  lane.saves[1]!.end();
  await settled;
  expect(lane.saves).toHaveLength(2);
});

test('nothing is saved while a batch is under way', async () => {
  const lane = createLane();
  await lane.batch(10);
  await lane.batch(10);
  lane.begin(10);
  lane.saves[0]!.end();
  await turn();
  expect(lane.saves).toHaveLength(1);
  await lane.saver.settle();
  await lane.saver.done(10);
  expect(lane.saves.map(({ upTo }) => upTo)).toEqual([10, 30]);
});

test('a batch waits where too much is unsaved', async () => {
  const lane = createLane();
  await lane.batch(1);
  let isDone = false;
  const far = lane.batch(UNSAVED_RECORDS_MAX + 1).then(() => {
    isDone = true;
  });
  await turn();
  expect(isDone).toBe(false);
  lane.saves[0]!.end();
  await far;
});

test('a save that fails is told, and ends the batches', async () => {
  const lane = createLane();
  await lane.batch(1);
  lane.saves[0]!.end(new Error('another owner has taken the state over'));
  expect((await lane.saver.failed).message).toMatch('another owner');
  expect(() => lane.saver.begin()).toThrow('another owner');
  await lane.saver.settle();
  expect(lane.saves).toHaveLength(1);
});
