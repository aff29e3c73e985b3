import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { freePorts } from './ports.ts';
import { type Servers, type ServersOptions, startServers } from './servers.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(options: ServersOptions): Promise<Servers> {
  const servers = await startServers(options);
  cleanUps.push(() => servers.stop());
  return servers;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-servers-test-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One command in Redis' inline form. @returns its answer's first line, null where none comes in time */
async function ask(address: string, command: string): Promise<string | null> {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port) });
  try {
    socket.write(`${command}\r\n`);
    const [bytes] = await once(socket, 'data', { signal: AbortSignal.timeout(500) });
    return String(bytes).trimEnd();
  } catch (error) {
    if ((error as Error).name === 'AbortError') return null;
    throw error;
  } finally {
    socket.destroy();
  }
}

test('one that is killed goes on with what it kept; one that is paused does not answer', async () => {
  const { redis } = await start({ kinds: ['redis'], settings: { redis: () => ({ appendfsync: 'always' }) } });
  const address = redis!.address;
  expect(await ask(address, 'SET name value')).toBe('+OK');
  await redis!.kill9();
  expect(redis!.ended()).toBe(true);
  await expect(ask(address, 'PING')).rejects.toThrow('ECONNREFUSED');
  await redis!.start();
  expect(redis!.address).toBe(address);
  expect(await ask(address, 'GET name')).toBe('$5\r\nvalue');
  redis!.pause();
  expect(await ask(address, 'PING')).toBeNull();
  redis!.resume();
  expect(await ask(address, 'PING')).toBe('+PONG');
  redis!.pause();
  await redis!.stop();
  expect(redis!.pid).toBeNull();
});

test('stopping ends all and removes the temporary folder; a given one stays and goes on', async () => {
  const temporary = await startServers({ kinds: ['redis'] });
  expect(readdirSync(temporary.folder)).toEqual(['redis']);
  await temporary.stop();
  expect(() => readdirSync(temporary.folder)).toThrow('ENOENT');

  const folder = newFolder();
  const first = await startServers({ kinds: ['redis'], folder });
  expect(await ask(first.environment.MILLRACE_REDIS!, 'SET name value')).toBe('+OK');
  await expect(startServers({ kinds: ['redis'], folder })).rejects.toThrow(/already runs on .*redis/);
  await first.stop();
  const second = await start({ kinds: ['redis'], folder });
  expect(second.environment).toEqual(first.environment);
  expect(await ask(second.environment.MILLRACE_REDIS!, 'GET name')).toBe('$5\r\nvalue');
});

test('a port that somebody else has taken is left to them', async () => {
  const folder = newFolder();
  const [taken] = await freePorts(1);
  mkdirSync(join(folder, 'redis'));
  writeFileSync(join(folder, 'redis', 'ports.json'), JSON.stringify([taken, taken]));
  const other = createServer().listen(taken, '127.0.0.1');
  await once(other, 'listening');
  cleanUps.push(() => other.close());
  const { redis } = await start({ kinds: ['redis'], folder });
  expect(redis!.address).not.toContain(`:${taken}`);
  expect(await ask(redis!.address, 'PING')).toBe('+PONG');
}, 60_000);

test('where an address is given, nothing is started', async () => {
  const given = { MILLRACE_REDIS: 'redis://somewhere:6379', MILLRACE_KAFKA: 'a:1,b:2' };
  const servers = await start({ kinds: ['redis', 'kafka'], given });
  expect(servers.environment).toEqual(given);
  expect(servers.redis).toBeUndefined();
  expect(readdirSync(servers.folder)).toEqual([]);
});

test('each of three brokers can be killed and started alone', async () => {
  const { kafka } = await start({ kinds: ['kafka'], brokers: 3 });
  const [, second] = kafka!.brokers;
  expect(kafka!.address.split(',')).toHaveLength(3);
  await second!.kill9();
  expect(kafka!.brokers.map((broker) => broker.ended())).toEqual([false, true, false]);
  await second!.start();
  expect(second!.ended()).toBe(false);
}, 240_000);

test('one that cannot start says what it printed, and leaves nothing', async () => {
  const folder = newFolder();
  const settings = { redis: () => ({ 'no-such-setting': 'x' }) };
  await expect(startServers({ kinds: ['redis'], folder, settings })).rejects.toThrow(
    /redis ended before it was ready.*no-such-setting/s,
  );
});
