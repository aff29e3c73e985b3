import { afterEach, expect, test } from '@jest/globals';
import { deadLetterRowOf, windowRowOf } from '@millrace/testkit/result-rows';
import { CassandraRefused } from './failure.ts';
import { dropKeyspace, quiet, scratchOptions, withClient } from './fixtures/server.ts';
import { MIGRATIONS } from './migrations.ts';
import { type CassandraResults, openCassandraResults } from './open.ts';
import type { CassandraOptions } from './options.ts';

const AT_ONCE = 5;
const TEST_TIMEOUT_MS = 90_000;

let options = scratchOptions();
const opened: CassandraResults[] = [];

async function open(more: Partial<CassandraOptions> = {}): Promise<CassandraResults> {
  const results = await openCassandraResults({ ...options, ...more }, quiet);
  opened.push(results);
  return results;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((results) => results.close()));
  await dropKeyspace(options);
  options = scratchOptions();
}, TEST_TIMEOUT_MS);

test(
  'many that start at once on nothing make the tables once, and all of them work',
  async () => {
    const all = await Promise.all(Array.from({ length: AT_ONCE }, () => open()));
    await Promise.all(all.map((results, i) => results.write([windowRowOf(`g${i}`, 0)])));
    for (const results of all) {
      const { rows } = await results.windows({ pipeline: 'payments', name: 'card_velocity', limit: 10 });
      expect(rows.map((row) => row.group)).toEqual(['g0', 'g1', 'g2', 'g3', 'g4']);
    }
    const { keyspace } = options;
    const { applied, locks } = await withClient(options, async (client) => ({
      applied: (await client.execute(`SELECT number FROM ${keyspace}.migrations WHERE part = 'applied'`))
        .rows,
      locks: (await client.execute(`SELECT owner FROM ${keyspace}.migrations WHERE part = 'lock'`)).rows,
    }));
    expect(applied.map((row) => row.number)).toEqual(MIGRATIONS.map(({ number }) => number));
    expect(locks).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);

test(
  'a lock whose holder died is waited for, and a migration that was interrupted is done again',
  async () => {
    await open();
    const { keyspace } = options;
    await withClient(options, async (client) => {
      await client.execute(`DELETE FROM ${keyspace}.migrations WHERE part = 'applied'`);
      await client.execute(`DROP TABLE ${keyspace}.alerts_by_group`, [], { prepare: false });
      const lock = `INSERT INTO ${keyspace}.migrations (part, number, owner) VALUES ('lock', 0, 'dead')`;
      await client.execute(`${lock} IF NOT EXISTS USING TTL 2`, [], { isIdempotent: false });
    });
    const again = await open();
    await again.write([deadLetterRowOf('e', 1)]);
    expect(await again.deadLetter('payments', 'e/validate/0')).not.toBeNull();
    const tables = await withClient(options, (client) =>
      client.execute(
        "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'alerts_by_group'",
        [keyspace],
      ),
    );
    expect(tables.rowLength).toBe(1);
  },
  TEST_TIMEOUT_MS,
);

test('a missing keyspace that may not be created is refused, with what to do', async () => {
  const { replication: _, ...without } = options;
  const opening = openCassandraResults(without, quiet);
  await expect(opening).rejects.toThrow(CassandraRefused);
  await expect(opening).rejects.toThrow(`CREATE KEYSPACE ${options.keyspace}`);
});

test('a data centre that is not there is refused, with those there are', async () => {
  const opening = openCassandraResults({ ...options, dataCenter: 'elsewhere' }, quiet);
  await expect(opening).rejects.toThrow(CassandraRefused);
  await expect(opening).rejects.toThrow('datacenter1');
});

test('a keyspace is a plain name', async () => {
  await expect(openCassandraResults({ ...options, keyspace: 'a; DROP' }, quiet)).rejects.toThrow(RangeError);
});

test(
  'rows go when their retention has passed, and their bucket no sooner',
  async () => {
    const results = await open({ retention: { windowsMs: 86_400_000 } });
    await results.write([windowRowOf('A', 0), deadLetterRowOf('e', 1)]);
    const { keyspace } = options;
    await withClient(options, async (client) => {
      const left = async (query: string) =>
        Number((await client.execute(query, [], { prepare: false })).first()?.ttl);
      const windows = await left(`SELECT TTL(body[1]) AS ttl FROM ${keyspace}.windows LIMIT 1`);
      expect(windows).toBeGreaterThan(86_000);
      expect(windows).toBeLessThanOrEqual(86_400);
      expect(
        await left(`SELECT TTL(body[1]) AS ttl FROM ${keyspace}.windows_by_group LIMIT 1`),
      ).toBeGreaterThan(86_000);
      const { rows } = await client.execute(`SELECT listing, bucket FROM ${keyspace}.buckets`);
      expect(rows.map((row) => row.listing as string).sort()).toEqual([
        'deadletters_by_key',
        'deadletters_by_time',
        'windows/card_velocity',
        'windows_by_group/card_velocity',
      ]);
      // Nothing was said of dead letters: they stay.
      expect(await left(`SELECT TTL(body[1]) AS ttl FROM ${keyspace}.deadletters LIMIT 1`)).toBe(0);
    });
  },
  TEST_TIMEOUT_MS,
);
