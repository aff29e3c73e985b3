import { expect, test } from '@jest/globals';
import { eventually } from '@millrace/testkit/eventually';
import { createForgetfulDisk } from '@millrace/testkit/forgetful-disk';
import { seeded } from '@millrace/testkit/seeded';
import { createChains } from './chains.ts';
import { after, key, SPACE } from './keys.ts';
import { createWriter } from './writer.ts';

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };
const ENTRY_BYTES = 1_000;

function open(disk = createForgetfulDisk(seeded(1))) {
  const writer = createWriter(disk);
  const chains = createChains(disk, writer, 'test', SILENT, true);
  const count = (space: number) => {
    const prefix = key(space).text('test').end();
    return [...disk.range({ from: prefix, to: after(prefix) })].length;
  };
  const add = (puts: Record<string, number>, deletes: string[] = []) => {
    const entries = Object.entries(puts).map(
      ([name, fill]) => [name, Buffer.alloc(ENTRY_BYTES, fill)] as const,
    );
    return writer.submit((transaction) =>
      chains.append(transaction, 'lane', { head: 'h', puts: new Map(entries), deletes }),
    );
  };
  return { disk, writer, chains, count, add };
}

test('deltas that outweigh the base become one, and the state stays the same', async () => {
  const { disk, chains, count, add } = open();
  const expected: Record<string, number> = {};
  for (let step = 0; step < 400; step++) {
    const puts = { [`a${step % 40}`]: step % 251, [`b${step % 7}`]: step % 13 };
    await add(puts, [`a${(step + 20) % 40}`]);
    Object.assign(expected, puts);
    delete expected[`a${(step + 20) % 40}`];
  }
  await eventually('most deltas are gone', () => count(SPACE.stateDelta) < 300);
  const found = (of: typeof chains) =>
    Object.fromEntries([...of.load('lane')!.entries].map(([name, value]) => [name, value[0]]));
  expect(found(chains)).toEqual(expected);
  await chains.close();
  const again = open(disk.cutPower()).chains;
  expect(again.load('lane')?.number).toBe(400);
  expect(found(again)).toEqual(expected);
});

test('a chain that is removed leaves nothing but what others hold', async () => {
  const { chains, writer, count, add } = open();
  for (let step = 0; step < 300; step++) await add({ [`a${step}`]: 1 });
  await eventually('it has a base', () => count(SPACE.stateBase) > 0);
  await writer.submit((transaction) => chains.remove(transaction, 'lane'));
  await chains.close();
  expect([SPACE.stateHead, SPACE.stateDelta, SPACE.stateBase].map(count)).toEqual([0, 0, 0]);
  expect(chains.load('lane')).toBeNull();
});
