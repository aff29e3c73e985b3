import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Clock, systemClock } from '@millrace/lanes/ports/clock';
import type { FusedStore } from '@millrace/lanes/ports/fused';
import type { EventLog } from '@millrace/lanes/ports/log';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { StateStore } from '@millrace/lanes/ports/state';
import { createAdapters } from './adapters.ts';
import { openLmdbDisk } from './lmdb-disk.ts';
import type { Outputs } from './outputs.ts';
import { disown, own } from './owner.ts';
import type { Unread } from './retention.ts';

/** The ports on one LMDB environment in a folder. */
export interface Embedded {
  readonly log: EventLog;
  readonly state: StateStore;
  readonly results: ResultStore;
  readonly registry: SchemaRegistry;
  readonly fused: FusedStore;
  readonly outputs: Outputs;
  /** Says which records of a lane are not to be forgotten: those from the offset on; null: no such. */
  hold(unread: Unread): void;
  /** Forgets the records that are too old, as happens each minute by itself; says how many they were. */
  expire(): Promise<number>;
  /** After the writes and batches under way; what is asked for later rejects. */
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Lanes of every topic. Kept in the folder; another number is refused. Left out where readonly. */
  readonly lanes?: number;
  /** Beside the process that runs the folder, to look at what it has written: nothing can be written or consumed. */
  readonly readonly?: boolean;
  /** Records of the log are forgotten once they are this old and have been read. Default: 7 days. */
  readonly keepMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

const DAY_MS = 86_400_000;
const DEFAULT_KEEP_MS = 7 * DAY_MS;
const SILENT: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * Opens the folder, making it where it is not there.
 * @throws FolderInUse when another process runs it; an Error that names the folder when it can't be read or written,
 *   was made with another number of lanes, or (readonly) is not there.
 */
export async function openEmbedded(folder: string, options: EmbeddedOptions = {}): Promise<Embedded> {
  const { readonly = false, keepMs = DEFAULT_KEEP_MS, clock = systemClock, logger = SILENT } = options;
  checkFolder(folder, readonly);
  const disk = openLmdbDisk(folder, readonly);
  let owned = false;
  async function leave(): Promise<void> {
    // On a disk that takes no writes the mark stays; a dead owner's is no obstacle.
    if (owned) await disown(disk).catch(() => {});
    await disk.close();
  }
  try {
    if (!readonly) own(disk, folder);
    owned = !readonly;
    const { lanes } = options;
    const adapters = await createAdapters(disk, { folder, lanes, readonly, keepMs, clock, logger });
    return {
      log: adapters.log,
      state: adapters.state,
      results: adapters.results,
      registry: adapters.registry,
      fused: adapters.fused,
      outputs: adapters.outputs,
      hold: adapters.retention.hold,
      expire: () => adapters.retention.expire(),
      async close() {
        await adapters.close();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** lmdb ends the process, or answers with a number, where the file system says no. */
function checkFolder(folder: string, readonly: boolean): void {
  if (readonly) {
    if (!statSync(join(folder, 'data.mdb'), { throwIfNoEntry: false })) {
      throw new Error(`There is no data in the folder ${folder}: nothing has run there yet.`);
    }
    return;
  }
  try {
    makeFolder(resolve(folder));
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(
      `The data folder ${folder} can't be written (${(error as Error).message}). ` +
        'Give this user the right to, or choose another folder.',
      { cause: error },
    );
  }
}

/** One by one: Node's own recursion never ends where the system says of a new folder that there is no such place. */
function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = folder; !statSync(at, { throwIfNoEntry: false }); at = dirname(at)) missing.unshift(at);
  for (const each of missing) {
    try {
      mkdirSync(each);
    } catch (error) {
      // Another process was first.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
