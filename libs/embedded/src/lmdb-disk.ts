import { statfsSync } from 'node:fs';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { Disk, Entry, Op, Range } from './disk.ts';

/** What is mapped at first; LMDB maps more as the file grows. */
const FIRST_MAP_BYTES = 1 << 28;
/** Processes and snapshots that read at the same time. */
const MAX_READERS = 126;
const NOTHING = new Uint8Array(0);

export interface LmdbDisk extends Disk {
  /** Runs with the write lock that all processes share, and is durable on return. Only before the first `write`. */
  exclusively<T>(act: (put: (key: Uint8Array, value: Uint8Array | null) => void) => T): T;
}

/** @throws when the folder can't be opened. */
export function openLmdbDisk(folder: string, readonly: boolean): LmdbDisk {
  // overlappingSync off: a commit is then visible only once it has been synced, as in LMDB itself, so that nobody
  // reads what a power cut can take back, and a failed sync rejects the commit (lmdb's `flushed` would never settle).
  // eventTurnBatching off: what is written together is said by `batch`, not by the event loop.
  const env: RootDatabase<Uint8Array, Uint8Array> = open({
    path: folder,
    noSubdir: false,
    readOnly: readonly,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
    eventTurnBatching: false,
    mapSize: FIRST_MAP_BYTES,
    maxReaders: MAX_READERS,
  });

  function put(key: Uint8Array, value: Uint8Array | null): void {
    // In a batch these promises are lmdb's shared, settled one; the batch's own tells the outcome.
    if (value === null) void env.remove(key);
    else void env.put(key, value);
  }

  return {
    peek(key) {
      const bytes = env.getBinaryFast(key);
      // lmdb's reused buffer goes on behind the value's `length`.
      return bytes?.subarray(0, bytes.length);
    },
    get: (key) => env.getBinary(key),
    range: (range) => entries(env, range),
    write(ops) {
      const committed = commit(env, folder, ops);
      return { committed, flushed: committed };
    },
    exclusively: (act) => env.transactionSync(() => act(put)),
    close: () => env.close(),
  };

  async function commit(store: typeof env, path: string, ops: readonly Op[]): Promise<void> {
    try {
      await store.batch(() => {
        for (const op of ops) put(op.key, op.value);
      });
    } catch (error) {
      throw new DiskError(path, await causeOf(error));
    }
  }
}

/** The disk refused a write: full, failing, or not ours to write. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
  constructor(folder: string, cause: unknown) {
    super(
      `The data folder ${folder} can't be written: ${(cause as Error).message}. ${spaceIn(folder)} ` +
        'Nothing that was acknowledged is lost. Make room or mend the disk, then start again.',
      { cause },
    );
  }
}

function spaceIn(folder: string): string {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return `The disk has ${Math.floor((bavail * bsize) / 2 ** 20)} MiB free.`;
  } catch {
    return '';
  }
}

/** lmdb rejects with a placeholder whose `commitError` rejects with the reason. */
async function causeOf(error: unknown): Promise<unknown> {
  const reason = (error as { commitError?: Promise<never> }).commitError;
  if (!reason) return error;
  try {
    return await reason;
  } catch (cause) {
    return cause;
  }
}

function* entries(env: Database<Uint8Array, Uint8Array>, range: Range): Generator<Entry> {
  const { from, to, reverse = false, keysOnly = false, limit } = range;
  const bounds = reverse
    ? { start: to, end: from, reverse, exclusiveStart: true, inclusiveEnd: true }
    : { start: from, end: to };
  const options = limit === undefined ? bounds : { ...bounds, limit };
  if (keysOnly) {
    for (const key of env.getKeys(options)) yield { key, value: NOTHING };
  } else {
    for (const { key, value } of env.getRange(options)) yield { key, value };
  }
}
