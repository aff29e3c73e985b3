import { LOAD_BYTES, LOAD_ENTRIES_MAX, LOAD_ENTRIES_MIN } from './bounds.ts';
import type { Client } from './client.ts';

/** All entries of a hash that nobody writes, in pieces of about LOAD_BYTES. */
export async function loadEntries(client: Client, hash: string): Promise<Map<string, Uint8Array>> {
  const entries = new Map<string, Uint8Array>();
  let cursor = '0';
  let count = LOAD_ENTRIES_MIN;
  do {
    const [next, found] = (await client.call('HSCAN', hash, cursor, 'COUNT', count)) as [Buffer, Buffer[]];
    let bytes = 0;
    for (let i = 0; i < found.length; i += 2) {
      const value = found[i + 1]!;
      bytes += value.length;
      entries.set(found[i]!.toString(), value);
    }
    const perEntry = Math.max(1, bytes / Math.max(1, found.length / 2));
    count = Math.round(Math.min(LOAD_ENTRIES_MAX, Math.max(LOAD_ENTRIES_MIN, LOAD_BYTES / perEntry)));
    cursor = next.toString();
  } while (cursor !== '0');
  return entries;
}
