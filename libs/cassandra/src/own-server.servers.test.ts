import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Logger } from '@millrace/lanes/ports/logger';
import { type Certificates, makeCertificates } from '@millrace/testkit/certificates';
import { eventually } from '@millrace/testkit/eventually';
import { windowRowOf } from '@millrace/testkit/result-rows';
import { type Servers, startServers } from '@millrace/tools/servers/servers';
import { CassandraRefused, CassandraUnavailable } from './failure.ts';
import { quiet } from './fixtures/server.ts';
import { type CassandraResults, openCassandraResults } from './open.ts';
import type { CassandraOptions } from './options.ts';

// A Cassandra of its own, to be killed and stopped: with passwords and TLS.

const START_TIMEOUT_MS = 180_000;
const TEST_TIMEOUT_MS = 180_000;
/** A call that can't work says so by then. */
const REJECTS_WITHIN_MS = 20_000;
const BACK_WITHIN_MS = 60_000;
const RETRY_PAUSE_MS = 20;
const PASSWORD = 'cassandra';
const query = { pipeline: 'payments', name: 'card_velocity', limit: 10_000 };

let certificates: Certificates;
let servers: Servers;
let results: CassandraResults;

function options(more: Partial<CassandraOptions> = {}): CassandraOptions {
  return {
    contactPoints: [servers.cassandra!.address],
    replication: 1,
    credentials: { username: 'cassandra', password: PASSWORD },
    tls: { ca: certificates.ca, serverName: 'localhost' },
    ...more,
  };
}

beforeAll(async () => {
  certificates = makeCertificates();
  const secured = {
    authenticator: 'PasswordAuthenticator',
    client_encryption_options: {
      enabled: true,
      ssl_context_factory: {
        class_name: 'org.apache.cassandra.security.PEMBasedSslContextFactory',
        parameters: {
          private_key: `${certificates.key}${certificates.cert}`,
          trusted_certificates: certificates.ca,
        },
      },
    },
  };
  servers = await startServers({ kinds: ['cassandra'], settings: { cassandra: () => secured } });
  // The first user is made behind the start.
  await eventually(
    'the first user can log in',
    async () => {
      try {
        results = await openCassandraResults(options(), quiet);
        return true;
      } catch {
        return false;
      }
    },
    BACK_WITHIN_MS,
  );
}, START_TIMEOUT_MS);

afterAll(async () => {
  await results?.close();
  await servers?.stop();
  certificates?.remove();
}, START_TIMEOUT_MS);

test('a password that is wrong is refused, and said nowhere', async () => {
  const said: unknown[] = [];
  const say = (...line: unknown[]) => void said.push(line);
  const logger: Logger = { info: say, warn: say, error: say };
  const credentials = { username: 'cassandra', password: 'not-the-password' };
  const failure = await openCassandraResults(options({ credentials }), logger).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(CassandraRefused);
  expect(JSON.stringify([said, failure, String(failure), Object.entries(failure as object)])).not.toContain(
    credentials.password,
  );
});

test('a server whose certificate is of another authority is not spoken to', async () => {
  const others = makeCertificates();
  try {
    const opening = openCassandraResults(options({ tls: { ca: others.ca } }), quiet);
    await expect(opening).rejects.toThrow(/certificate|signature/);
    const plain = options();
    const { tls: _, ...unencrypted } = plain;
    await expect(openCassandraResults(unencrypted, quiet)).rejects.toThrow(CassandraUnavailable);
  } finally {
    others.remove();
  }
}, 60_000);

test(
  'after a kill -9 and a restart all that was acknowledged is there, and writes go on by themselves',
  async () => {
    const server = servers.cassandra!;
    const acknowledged = new Set<string>();
    let rejections = 0;
    let longestMs = 0;
    let over = false;
    const writing = (async () => {
      for (let round = 0; !over; round++) {
        const rows = Array.from({ length: 20 }, (_, i) =>
          windowRowOf(`r${round}-${i}`, (round % 9) * 1_000_000),
        );
        for (let written = false; !written && !over; ) {
          const began = performance.now();
          try {
            await results.write(rows);
            written = true;
            for (const row of rows) acknowledged.add(row.group);
          } catch {
            rejections++;
          }
          longestMs = Math.max(longestMs, performance.now() - began);
          // A rejection may come at once: the rest of the process has its turn.
          if (!written) await sleep(RETRY_PAUSE_MS);
        }
      }
    })();
    await eventually('rows are written', () => acknowledged.size >= 400, BACK_WITHIN_MS);
    await server.kill9();
    await eventually('writes are rejected', () => rejections > 0, REJECTS_WITHIN_MS);
    const before = acknowledged.size;
    await server.start();
    await eventually('rows are written again', () => acknowledged.size >= before + 400, BACK_WITHIN_MS);
    over = true;
    await writing;
    expect(longestMs).toBeLessThan(REJECTS_WITHIN_MS);
    const found = new Set<string>();
    let after: string | null = null;
    do {
      const page = await results.windows({ ...query, ...(after !== null && { after }) });
      for (const row of page.rows) found.add(row.group);
      after = page.next;
    } while (after !== null);
    expect([...acknowledged].filter((group) => !found.has(group))).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);

test(
  'a server that hangs makes calls fail in time, and they work once it goes on',
  async () => {
    const server = servers.cassandra!;
    server.pause();
    const began = performance.now();
    try {
      const calls = await Promise.allSettled([
        results.write([windowRowOf('hung', 0)]),
        results.windows(query),
        results.check(),
      ]);
      for (const call of calls) {
        expect(call.status).toBe('rejected');
        expect((call as PromiseRejectedResult).reason).toBeInstanceOf(CassandraUnavailable);
      }
      expect(performance.now() - began).toBeLessThan(REJECTS_WITHIN_MS);
    } finally {
      server.resume();
    }
    const works = async () => {
      try {
        await results.write([windowRowOf('hung', 0)]);
        return true;
      } catch {
        return false;
      }
    };
    await eventually('a write works', works, BACK_WITHIN_MS);
    expect((await results.windows({ ...query, group: 'hung' })).rows).toHaveLength(1);
  },
  TEST_TIMEOUT_MS,
);

test('where nobody listens, opening fails in time and says where', async () => {
  const nobody = openCassandraResults({ contactPoints: ['127.0.0.1:1'], replication: 1 }, quiet);
  await expect(nobody).rejects.toThrow(CassandraUnavailable);
  await expect(nobody).rejects.toThrow('127.0.0.1:1');
});
