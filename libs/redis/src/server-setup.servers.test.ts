import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { makeCertificates } from '@millrace/testkit/certificates';
import { type OwnServer, startOwnServer } from './fixtures/own-server.ts';
import { silent } from './fixtures/redis.ts';
import { openRedisStateStore } from './open.ts';

let own: OwnServer | null = null;

afterEach(async () => {
  await own?.stop();
  own = null;
});

async function failureOf(opening: Promise<unknown>): Promise<Error> {
  return opening.then(
    () => {
      throw new Error('it opened');
    },
    (error: Error) => error,
  );
}

test.each([
  ['a wrong password', 'requirepass right', 'redis://:wr0ng-secret@HOST', /lets nobody in: WRONGPASS/],
  ['an unknown user', 'requirepass right', 'redis://nobody:wr0ng-secret@HOST', /lets nobody in: WRONGPASS/],
  ['no password', 'requirepass right', 'redis://HOST', /lets nobody in: NOAUTH/],
  ['another database than there is', 'databases 2', 'redis://HOST/7', /lets nobody in: .*DB index/],
  [
    'an eviction policy',
    'maxmemory-policy allkeys-lru',
    'redis://HOST',
    /maxmemory-policy allkeys-lru.*noeviction/,
  ],
  ['a replica', 'replicaof 127.0.0.1 1', 'redis://HOST', /is a replica/],
])('%s is refused with a message, and without a secret in it', async (_, setting, url, message) => {
  const space = setting.indexOf(' ');
  own = await startOwnServer({ [setting.slice(0, space)]: setting.slice(space + 1) });
  const lines: unknown[] = [];
  const note = (...line: unknown[]) => void lines.push(line);
  const logger = { info: note, warn: note, error: note };
  const address = own.server.address.slice('redis://'.length);
  const error = await failureOf(openRedisStateStore({ url: url.replace('HOST', address) }, logger));
  expect(error.name).toBe('RedisSetupError');
  expect(error.message).toMatch(message);
  expect(error.message).toContain(address);
  expect(inspect([error, lines], { depth: null, showHidden: true })).not.toContain('wr0ng-secret');
});

test('the right user and password open it, from the URL or beside it', async () => {
  own = await startOwnServer({ user: 'millrace on >pass%word ~* +@all', requirepass: 'other' });
  const { address } = own.server;
  await own.open({ url: address.replace('redis://', 'redis://millrace:pass%25word@') });
  const store = await own.open({ username: 'millrace', password: 'pass%word' });
  await store.check();
});

test('without an append-only file there is a loud warning', async () => {
  own = await startOwnServer({ appendonly: 'no' });
  const warnings: string[] = [];
  await own.open({}, { ...silent, warn: (_, message) => void warnings.push(message) });
  expect(warnings.join()).toMatch(/no append-only file.*millrace rebuild/);
});

test('who is not there is named', async () => {
  own = await startOwnServer();
  await own.server.kill9();
  const error = await failureOf(
    openRedisStateStore({ url: own.server.address, startTimeoutMs: 1_000 }, silent),
  );
  expect(error.name).toBe('RedisError');
  expect(error.message).toMatch(/can't be reached within 1 s: .*ECONNREFUSED/);
});

test('TLS: with the right authority it opens, with another it is refused', async () => {
  const [right, other] = [makeCertificates(), makeCertificates()];
  try {
    own = await startOwnServer();
    // The plain port stays, so that the server is seen to answer.
    const tlsPort = Number(new URL(own.server.address).port) + 1;
    await own.asOutsider(async (redis) => {
      await redis.config('SET', 'tls-cert-file', join(right.folder, 'server.pem'));
      await redis.config('SET', 'tls-key-file', join(right.folder, 'server.key'));
      await redis.config('SET', 'tls-ca-cert-file', join(right.folder, 'ca.pem'));
      await redis.config('SET', 'tls-auth-clients', 'no');
      await redis.config('SET', 'tls-port', tlsPort);
    });
    const url = `rediss://localhost:${tlsPort}`;
    const store = await own.open({ url, ca: right.ca });
    await store.check();
    const error = await failureOf(openRedisStateStore({ url, ca: other.ca }, silent));
    expect(error.name).toBe('RedisSetupError');
    expect(error.message).toMatch(/lets nobody in: .*(certificate|signature)/);
  } finally {
    right.remove();
    other.remove();
  }
});
