import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '@millrace/testkit/eventually';
import { type OwnServer, startOwnServer } from './fixtures/own-server.ts';
import { mixedUp, takeOverUniform, type UniformChain } from './fixtures/uniform-chain.ts';

const ENTRIES = 300;
const PATIENCE_MS = 15_000;
let own: OwnServer | null = null;

afterEach(async () => {
  await own?.stop();
  own = null;
});

/** Saves until a save rejects. */
async function saveUntilItFails(chain: UniformChain): Promise<void> {
  for (;;) {
    try {
      if (!(await chain.save())) return;
    } catch {
      return;
    }
  }
}

test('killed in the middle of checkpoints, it comes back with all that was acknowledged, and whole', async () => {
  own = await startOwnServer();
  const store = await own.open();
  let chain = await takeOverUniform(store, 'lane', 'token 0', ENTRIES);
  for (let life = 1; life <= 3; life++) {
    const saving = saveUntilItFails(chain);
    const before = chain.number;
    await eventually('some checkpoints', () => chain.number > before + 5);
    await own.server.kill9();
    await saving;
    const acknowledged = chain.number;
    await own.server.start();
    await eventually(
      'connected again',
      () =>
        store.check().then(
          () => true,
          () => false,
        ),
      PATIENCE_MS,
    );
    const saved = await store.takeOver('lane', `look ${life}`);
    expect(mixedUp(saved!, ENTRIES)).toEqual([]);
    // The one under way may have been written as well.
    expect([acknowledged, acknowledged + 1]).toContain(saved!.number);
    chain = await takeOverUniform(store, 'lane', `token ${life}`, ENTRIES);
  }
});

test('with the end of its file cut off it comes back older, and refuses whoever builds on what is lost', async () => {
  own = await startOwnServer();
  const store = await own.open();
  let chain = await takeOverUniform(store, 'lane', 'living', ENTRIES);
  await chain.save();
  const kept = own.writtenBytes();
  for (let i = 0; i < 10; i++) expect(await chain.save()).toBe(true);
  for (let part = 1; part <= 3; part++) {
    await own.server.kill9();
    // In the middle of a checkpoint, not between two.
    const end = own.writtenBytes();
    own.cutOffAt(end - Math.floor((end - kept) / 4) - 7);
    await own.server.start();
    await eventually(
      'connected again',
      () =>
        store.check().then(
          () => true,
          () => false,
        ),
      PATIENCE_MS,
    );
    expect(await chain.save()).toBe(false);
    const saved = await store.takeOver('lane', `look ${part}`);
    expect(mixedUp(saved!, ENTRIES)).toEqual([]);
    expect(saved!.number).toBeLessThan(chain.number);
    expect(saved!.number).toBeGreaterThan(0);
    chain = await takeOverUniform(store, 'lane', `after ${part}`, ENTRIES);
    expect(await chain.save()).toBe(true);
  }
});

test('flushed whole, it refuses a living owner and has nothing for the next', async () => {
  own = await startOwnServer();
  const store = await own.open();
  const chain = await takeOverUniform(store, 'lane', 'living', ENTRIES);
  await chain.save();
  await own.flush();
  expect(await chain.save()).toBe(false);
  expect(await store.takeOver('lane', 'next')).toBeNull();
});

test('with the script cache emptied it goes on', async () => {
  own = await startOwnServer();
  const chain = await takeOverUniform(await own.open(), 'lane', 'living', ENTRIES);
  await chain.save();
  await own.asOutsider((redis) => redis.script('FLUSH'));
  expect(await chain.save()).toBe(true);
});

test('entries that are left without their head are no part of a new chain', async () => {
  own = await startOwnServer();
  const store = await own.open();
  await (await takeOverUniform(store, 'lane', 'one', ENTRIES)).save();
  await own.asOutsider((redis) => redis.del('millrace:state:{lane}:head'));
  const chain = await takeOverUniform(store, 'lane', 'two', 3);
  expect(chain.number).toBe(0);
  await chain.save();
  expect(mixedUp((await store.takeOver('lane', 'three'))!, 3)).toEqual([]);
});

test('when it hangs, everything asked of it rejects in time; afterwards it goes on', async () => {
  own = await startOwnServer();
  const store = await own.open({ commandTimeoutMs: 300 });
  const chain = await takeOverUniform(store, 'lane', 'living', ENTRIES);
  await chain.save();
  own.server.pause();
  const asked = performance.now();
  const answers = await Promise.allSettled([
    chain.save(),
    store.takeOver('other', 'token'),
    store.shared.put('scope', 'name', 'value', 60_000),
    store.check(),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
  expect(String((answers[0] as PromiseRejectedResult).reason)).toMatch(
    /^RedisError: Redis at redis:\/\/127.*timed out/,
  );
  expect(performance.now() - asked).toBeLessThan(PATIENCE_MS);
  own.server.resume();
  await eventually(
    'it answers again',
    () =>
      store.check().then(
        () => true,
        () => false,
      ),
    PATIENCE_MS,
  );
  // What had been sent may have been written all the same: the next owner sees it or not, but whole.
  expect(mixedUp((await store.takeOver('lane', 'next'))!, ENTRIES)).toEqual([]);
});

test('while it is away every call rejects at once and says why; it is connected again by itself', async () => {
  own = await startOwnServer();
  const lines: string[] = [];
  const note = (fields: object, message: string) => void lines.push(`${JSON.stringify(fields)} ${message}`);
  const store = await own.open({}, { info: note, warn: note, error: note });
  await own.server.kill9();
  await eventually('the loss is seen', () =>
    store.check().then(
      () => false,
      () => true,
    ),
  );
  await eventually('the reason is known', async () =>
    /is not connected: .*ECONNREFUSED/.test(await store.check().then(String, String)),
  );
  await own.server.start();
  await eventually(
    'connected again',
    () =>
      store.check().then(
        () => true,
        () => false,
      ),
    PATIENCE_MS,
  );
  expect(lines.join('\n')).toMatch(/connection to Redis is lost(.|\n)*connected to Redis again/);
});

test('when memory is short a checkpoint rejects and nothing of it is written', async () => {
  own = await startOwnServer();
  const store = await own.open();
  const chain = await takeOverUniform(store, 'lane', 'living', ENTRIES);
  await chain.save();
  await own.asOutsider((redis) => redis.config('SET', 'maxmemory', '1mb'));
  await expect(chain.save()).rejects.toThrow(/OOM/);
  await own.asOutsider((redis) => redis.config('SET', 'maxmemory', '0'));
  expect(await chain.save()).toBe(true);
  expect(mixedUp((await store.takeOver('lane', 'next'))!, ENTRIES)).toEqual([]);
});
