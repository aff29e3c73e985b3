import type { Logger } from '@millrace/lanes/ports/logger';
import type { SharedValues } from '@millrace/lanes/ports/shared-values';
import { openClient } from './client.ts';
import { checkServer } from './server-check.ts';
import { type RedisOptions, readSettings } from './settings.ts';
import { createSharedValues } from './shared-values.ts';
import { createStateStore, type PrefixedStateStore } from './state-store.ts';

export interface RedisStateStore extends PrefixedStateStore {
  readonly shared: SharedValues;
  /** Rejects, in bounded time, when Redis does not answer just now. */
  check(): Promise<void>;
  /** What is under way rejects. */
  close(): Promise<void>;
}

/**
 * The state of lanes, and shared values, on Redis.
 * @throws RangeError when the options can't be used; RedisSetupError when Redis can't be used as it is set up;
 * RedisError when it can't be reached.
 */
export async function openRedisStateStore(options: RedisOptions, logger: Logger): Promise<RedisStateStore> {
  const settings = readSettings(options);
  const client = await openClient(options, settings, logger);
  try {
    await checkServer(client, logger);
  } catch (error) {
    client.close();
    throw error;
  }
  return {
    ...createStateStore(client, settings.prefix),
    shared: createSharedValues(client, settings.prefix),
    async check() {
      await client.call('PING');
    },
    async close() {
      client.close();
    },
  };
}
