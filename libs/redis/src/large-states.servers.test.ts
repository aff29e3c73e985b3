import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { openOnRedis, redisUrl } from './fixtures/redis.ts';
import { mixedUp, takeOverUniform, uniformCheckpoint } from './fixtures/uniform-chain.ts';

const prefix = `test-${randomUUID()}`;
const ENTRIES = 100_000;
const RACING_ENTRIES = 12_000;
const RACES = 15;
/** On a machine that does much else. */
const DEADLINE_MS = 60_000;

afterAll(async () => {
  const store = await openOnRedis({ prefix });
  await store.removeByPrefix('');
  await store.close();
});

async function keysOf(key: string): Promise<string[]> {
  const redis = new Redis(redisUrl());
  const keys = await redis.keys(`${prefix}:state:{${key}}*`);
  await redis.quit();
  return keys.map((each) => each.slice(each.indexOf('}') + 1)).sort();
}

test(
  'a hundred thousand entries are written, loaded and deleted in one checkpoint each',
  async () => {
    const store = await openOnRedis({ prefix });
    await store.takeOver('large', 'one');
    const puts = new Map(
      Array.from({ length: ENTRIES }, (_, i) => [`group ${i}`, Buffer.from(`${i}`.padStart(200))]),
    );
    expect(await store.checkpoint('large', { token: 'one', base: 0, head: 'first', puts, deletes: [] })).toBe(
      true,
    );
    const saved = await store.takeOver('large', 'two');
    expect(saved?.entries.size).toBe(ENTRIES);
    expect(Buffer.from(saved!.entries.get('group 99999')!).toString()).toBe('99999'.padStart(200));
    expect(await keysOf('large')).toEqual([':entries', ':head']);
    const deletes = [...puts.keys()].slice(1);
    const few = new Map([['group 7', Buffer.from('seven')]]);
    expect(
      await store.checkpoint('large', { token: 'two', base: 1, head: 'second', puts: few, deletes }),
    ).toBe(true);
    const left = await store.takeOver('large', 'three');
    expect([...left!.entries.keys()].sort()).toEqual(['group 0', 'group 7']);
    await store.close();
  },
  DEADLINE_MS,
);

test(
  'a large checkpoint that is refused leaves nothing behind',
  async () => {
    const store = await openOnRedis({ prefix });
    const chain = await takeOverUniform(store, 'refused', 'one', RACING_ENTRIES);
    await store.takeOver('refused', 'two');
    expect(await chain.save()).toBe(false);
    expect(await keysOf('refused')).toEqual([':head']);
    await store.close();
  },
  DEADLINE_MS,
);

test(
  'a load that another owner gets in between of is thrown away, never mixed',
  async () => {
    const [mine, theirs] = [await openOnRedis({ prefix }), await openOnRedis({ prefix })];
    const first = await takeOverUniform(mine, 'raced', 'first', RACING_ENTRIES);
    await first.save();
    let { number } = first;
    const outcomes: string[] = [];
    for (let race = 0; race < RACES; race++) {
      const loading = mine.takeOver('raced', `mine ${race}`);
      // It knows the number, and so writes before its own load has ended.
      const token = `theirs ${race}`;
      const quick = uniformCheckpoint(token, number, RACING_ENTRIES);
      const other = theirs.takeOver('raced', token).catch(() => null);
      const [loaded, written] = await Promise.allSettled([loading, theirs.checkpoint('raced', quick)]);
      await other;
      if (written.status === 'fulfilled' && written.value) number++;
      if (loaded.status === 'fulfilled') expect(mixedUp(loaded.value!, RACING_ENTRIES)).toEqual([]);
      else expect(String(loaded.reason)).toMatch(/another owner has taken it over/);
      outcomes.push(`load ${loaded.status}`);
    }
    expect(outcomes).toContain('load rejected');
    expect(number).toBeGreaterThan(1);
    await Promise.all([mine.close(), theirs.close()]);
  },
  DEADLINE_MS,
);

test(
  'owners that take over from each other all the time make one chain',
  async () => {
    const stores = [
      await openOnRedis({ prefix }),
      await openOnRedis({ prefix }),
      await openOnRedis({ prefix }),
    ];
    const accepted: number[] = [];
    await Promise.all(
      stores.map(async (store, owner) => {
        for (let turn = 0; turn < 30; turn++) {
          const chain = await takeOverUniform(store, 'shared', `${owner}/${turn}`, 20).catch(() => null);
          for (let saves = 0; chain !== null && saves < 3 && (await chain.save()); saves++)
            accepted.push(chain.number);
        }
      }),
    );
    // Each number once: no two owners ever built on the same checkpoint.
    expect(accepted.sort((a, b) => a - b)).toEqual(accepted.map((_, i) => i + 1));
    const last = await stores[0]!.takeOver('shared', 'last');
    expect(last?.number).toBe(accepted.length);
    expect(mixedUp(last!, 20)).toEqual([]);
    await Promise.all(stores.map((store) => store.close()));
  },
  DEADLINE_MS,
);
