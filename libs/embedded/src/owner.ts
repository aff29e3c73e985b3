import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { key, SPACE } from './keys.ts';
import type { LmdbDisk } from './lmdb-disk.ts';

/**
 * Who may write the folder. The number of a process alone says little, since the system gives it out again: it
 * counts together with when the process began, and with the machine (or container) that it runs in.
 */
export interface Owner {
  readonly pid: number;
  readonly began: string;
  readonly place: string;
}

const OWNER_KEY = key(SPACE.meta).text('owner').end();

export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

/**
 * Makes this process the folder's owner, unless another one that is alive has it. Comparison and write are one
 * transaction under the lock that all processes share. @throws FolderInUse
 */
export function own(disk: LmdbDisk, folder: string): Owner {
  const mine = describe(process.pid);
  if (!mine)
    throw new Error(`The start of process ${process.pid} can't be read; is /proc mounted, or ps there?`);
  disk.exclusively((put) => {
    const saved = disk.get(OWNER_KEY);
    const theirs: Owner | null = saved ? JSON.parse(Buffer.from(saved).toString()) : null;
    if (theirs && isAlive(theirs, mine)) {
      throw new FolderInUse(
        `The data folder ${folder} is in use by process ${theirs.pid}. One process runs a folder at a time: stop ` +
          'that one, or choose another folder.',
      );
    }
    put(OWNER_KEY, Buffer.from(JSON.stringify(mine)));
  });
  return mine;
}

/** After the last write. */
export async function disown(disk: LmdbDisk): Promise<void> {
  await disk.write([{ key: OWNER_KEY, value: null }]).flushed;
}

function isAlive(owner: Owner, me: Owner): boolean {
  // Another container's processes can't be seen from here. A volume is given to one container at a time, so one
  // that is gone left its mark; two at once on a shared volume are beyond what this lock can tell.
  if (owner.place !== me.place) return false;
  return describe(owner.pid)?.began === owner.began;
}

/** Null: no such process. */
function describe(pid: number): Owner | null {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // The name in brackets may hold spaces and brackets itself; the start is the 22nd field of all.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const zombie = fields[0] === 'Z';
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
      return zombie
        ? null
        : { pid, began: `${boot}/${fields[19]}`, place: readlinkSync('/proc/self/ns/pid') };
    }
    const began = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'latin1' }).trim();
    return began === '' ? null : { pid, began, place: hostname() };
  } catch {
    return null;
  }
}
