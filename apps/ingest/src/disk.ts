import { existsSync, statSync } from 'node:fs';
import { type FileHandle, glob, open } from 'node:fs/promises';
import { join } from 'node:path';

/** What is asked of an open file. */
export type ReadableFile = Pick<FileHandle, 'read' | 'stat' | 'close'>;

/** Where file sources read from: the only door to files. */
export interface Disk {
  /** The files that a path or a pattern names, in any order. */
  find(path: string): AsyncIterable<string>;
  /** For reading. */
  open(path: string): Promise<ReadableFile>;
}

export const systemDisk: Disk = {
  async *find(path) {
    // A name may hold the characters of a pattern.
    if (existsSync(path) && statSync(path).isFile()) {
      yield path;
      return;
    }
    for await (const entry of glob(path, { withFileTypes: true })) {
      if (entry.isFile() || entry.isSymbolicLink()) yield join(entry.parentPath, entry.name);
    }
  },
  open: (path) => open(path, 'r'),
};
