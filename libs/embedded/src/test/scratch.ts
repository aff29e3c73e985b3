import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Embedded, type EmbeddedOptions, openEmbedded } from '../open.ts';

export interface Scratch {
  readonly folder: string;
  /** As it was opened first. */
  readonly embedded: Embedded;
  /** Closes and opens again. */
  reopen(): Promise<Embedded>;
  /** Acts on the folder between a close and the next `reopen`. */
  whileClosed(act: (folder: string) => Promise<void>): Promise<void>;
  /** Ends it and removes the folder. */
  close(): Promise<void>;
}

export function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), 'millrace-embedded-'));
}

/** The ports in a folder of their own. */
export async function openScratch(options: EmbeddedOptions = { lanes: 2 }): Promise<Scratch> {
  const folder = scratchFolder();
  const embedded = await openEmbedded(folder, options);
  let current: Embedded | null = embedded;
  async function closeCurrent(): Promise<void> {
    await current?.close();
    current = null;
  }
  return {
    folder,
    embedded,
    async reopen() {
      await closeCurrent();
      current = await openEmbedded(folder, options);
      return current;
    },
    async whileClosed(act) {
      await closeCurrent();
      await act(folder);
    },
    async close() {
      await closeCurrent();
      rmSync(folder, { recursive: true });
    },
  };
}
