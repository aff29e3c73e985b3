import { randomUUID } from 'node:crypto';
import { sharedValuesContract } from '@millrace/testkit/contracts/shared-values';
import { stateStoreContract } from '@millrace/testkit/contracts/state-store';
import { Redis } from 'ioredis';
import { openOnRedis, redisUrl } from './fixtures/redis.ts';
import { laneKeys } from './keys.ts';

stateStoreContract('state store on Redis', async () => {
  const prefix = `test-${randomUUID()}`;
  const opened = [await openOnRedis({ prefix })];
  let names = 0;
  return {
    state: opened[0]!,
    key: () => `payments.aggregate/0/${names++} {ä}`,
    async reopen() {
      await opened.at(-1)!.close();
      opened.push(await openOnRedis({ prefix }));
      return opened.at(-1)!;
    },
    async damage(key) {
      const outsider = new Redis(redisUrl());
      await outsider.hdel(laneKeys(prefix, key).entries, 'b');
      await outsider.quit();
    },
    async close() {
      const last = await openOnRedis({ prefix });
      await last.removeByPrefix('');
      for (const each of [...opened, last]) await each.close();
    },
  };
});

sharedValuesContract('shared values on Redis', async () => {
  const prefix = `test-${randomUUID()}`;
  const [shared, other] = [await openOnRedis({ prefix }), await openOnRedis({ prefix })];
  return {
    shared: shared.shared,
    other: other.shared,
    async close() {
      await shared.close();
      await other.close();
    },
  };
});
