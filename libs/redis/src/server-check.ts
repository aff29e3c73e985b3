import type { Logger } from '@millrace/lanes/ports/logger';
import type { Client } from './client.ts';
import { RedisSetupError } from './redis-error.ts';

/** ACL users, and scripts that are kept by what they did. */
const VERSION_MIN = [6, 2] as const;

/**
 * Looks whether the state is safe there.
 * @throws RedisSetupError when it is not; what only makes it less safe is a warning.
 */
export async function checkServer(client: Client, logger: Logger): Promise<void> {
  await client.eachNode(async (node) => {
    const info = infoOf(String(await node.call('INFO')));
    const at = `Redis at ${client.place}`;
    const version = info.get('redis_version') ?? '0';
    if (isBelow(version)) {
      throw new RedisSetupError(
        `${at} is of version ${version}; Millrace wants ${VERSION_MIN.join('.')} or newer.`,
      );
    }
    if (info.get('role') === 'slave') {
      throw new RedisSetupError(
        `${at} is a replica, which takes no writes. Give the master's address, or the sentinels'.`,
      );
    }
    const policy = info.get('maxmemory_policy') ?? 'noeviction';
    if (policy !== 'noeviction') {
      throw new RedisSetupError(
        `${at} has maxmemory-policy ${policy}: when memory is short it would throw state away. Set maxmemory-policy noeviction (redis.conf, or CONFIG SET).`,
      );
    }
    if (info.get('aof_enabled') === '0') {
      logger.warn(
        { redis: client.place },
        'Redis keeps no append-only file: when it ends, state is lost, and lanes stop until they are told to rebuild (millrace rebuild FILE). Set appendonly yes.',
      );
    }
  });
}

function infoOf(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

function isBelow(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < VERSION_MIN[0] || (major === VERSION_MIN[0] && minor < VERSION_MIN[1]);
}
