import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Program } from './server.ts';

/** Lines of redis.conf. */
export type RedisSettings = Record<string, string | number>;

export interface RedisOptions {
  folder: string;
  port: number;
  /** Added to what is set here, or instead of it. */
  settings?: ((port: number) => RedisSettings) | undefined;
}

const ANSWER_WITHIN_MS = 1_000;

export function redisProgram({ folder, port, settings }: RedisOptions): Program {
  const configuration = join(folder, 'redis.conf');
  const all: RedisSettings = {
    bind: '127.0.0.1',
    port,
    dir: `"${folder}"`,
    daemonize: 'no',
    save: '""',
    appendonly: 'yes',
    appendfsync: 'everysec',
    appenddirname: 'aof',
    // Marks in the file by which it can be cut at a second.
    'aof-timestamp-enabled': 'yes',
    'maxmemory-policy': 'noeviction',
    ...settings?.(port),
  };
  return {
    kind: 'redis',
    folder,
    ports: [port],
    address: `redis://127.0.0.1:${port}`,
    async prepare() {
      const lines = Object.entries(all).map(([name, value]) => `${name} ${value}\n`);
      writeFileSync(configuration, lines.join(''));
    },
    command: ['redis-server', configuration],
    // While it loads what it kept, it answers with an error.
    isReady: async (printed) => printed.includes('Ready to accept connections') && (await answers(port)),
  };
}

/** Any answer will do, also that a password or TLS is missing. */
async function answers(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy(new Error('no answer')));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
