import { checkSharedValue, type SharedValues } from '@millrace/lanes/ports/shared-values';
import type { Client } from './client.ts';
import { sharedKey } from './keys.ts';

/** A scope is a hash; each value begins with the moment when it goes. */
export function createSharedValues(client: Client, prefix: string): SharedValues {
  async function read(scope: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = (await client.run('readShared', [sharedKey(prefix, scope)], names)) as readonly Buffer[];
    const values = new Map<string, string>();
    for (let i = 0; i < found.length; i += 2) values.set(found[i]!.toString(), found[i + 1]!.toString());
    return values;
  }
  return {
    async put(scope, name, value, ttlMs) {
      checkSharedValue(scope, name, value);
      await client.run('putShared', [sharedKey(prefix, scope)], [name, value, Math.ceil(ttlMs)]);
    },
    get: async (scope, name) => (await read(scope, [name])).get(name) ?? null,
    all: (scope) => read(scope, []),
    async remove(scope, name) {
      await client.call('HDEL', sharedKey(prefix, scope), name);
    },
  };
}
