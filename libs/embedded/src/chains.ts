import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '@millrace/lanes/ports/logger';
import { type SavedState, StateDamaged } from '@millrace/lanes/ports/state';
import type { Disk } from './disk.ts';
import { applyEntries, chunkEntries, type Entries, encodeEntries } from './entries.ts';
import { after, key, SPACE } from './keys.ts';
import type { Transaction, Writer } from './writer.ts';

/** A base is written anew once the deltas outweigh it, and not before they weigh this much. */
const MIN_COMPACTION_BYTES = 256 * 2 ** 10;
/** What a delta costs when it is loaded, whatever is in it, in bytes of entries. */
const DELTA_OVERHEAD_BYTES = 128;
const BASE_CHUNK_BYTES = 2 ** 20;

/**
 * States of lanes as chains: a base (all entries, in large values) and one delta per checkpoint since. A checkpoint
 * costs what has changed; a load reads at most about twice the state.
 */
export interface Chains {
  head(stateKey: string): Head | undefined;
  keys(): string[];
  /** Adds a checkpoint; its number is the head's plus one. */
  append(transaction: Transaction, stateKey: string, delta: Delta): void;
  /** Stores another token; starts the chain where there is none. */
  setToken(transaction: Transaction, stateKey: string, token: string): void;
  remove(transaction: Transaction, stateKey: string): void;
  /** What is on the disk; null before the first checkpoint. @throws StateDamaged */
  load(stateKey: string): SavedState | null;
  /** Ends the compaction under way. */
  close(): Promise<void>;
}

export interface Delta {
  readonly head: string;
  readonly puts: Entries;
  readonly deletes: readonly string[];
}

export interface Head {
  /** In full: long ones are cut in the disk's keys. */
  readonly key: string;
  /** Another one after `remove`. */
  readonly chain: string;
  readonly token: string;
  readonly number: number;
  /** The owner's text of the last checkpoint. */
  readonly text: string;
  /** The number up to which the base has taken the deltas in. */
  readonly base: number;
  readonly baseChunks: number;
  readonly baseEntries: number;
  readonly baseBytes: number;
  /** Puts and deletes in the deltas since. */
  readonly deltaEntries: number;
  readonly deltaBytes: number;
}

/**
 * @param owner which of the stores; their keys are apart.
 * @param remember false where another process writes: the heads are then read from the disk each time.
 */
export function createChains(
  disk: Disk,
  writer: Writer,
  owner: string,
  logger: Logger,
  remember: boolean,
): Chains {
  const prefixOf = (space: number) => key(space).text(owner).end();
  let heads = loadHeads(disk, prefixOf(SPACE.stateHead));
  const due = new Set<string>();
  let compacting: Promise<void> | null = null;
  let closed = false;

  function refresh(): void {
    if (!remember) heads = loadHeads(disk, prefixOf(SPACE.stateHead));
  }

  const headKey = (stateKey: string) => key(SPACE.stateHead).text(owner).text(stateKey).end();
  const deltaKey = (stateKey: string, number: number) =>
    key(SPACE.stateDelta).text(owner).text(stateKey).integer(number).end();
  const baseKey = (stateKey: string, base: number, chunk: number) =>
    key(SPACE.stateBase).text(owner).text(stateKey).integer(base).integer(chunk).end();

  function setHead(transaction: Transaction, stateKey: string, head: Head | null): void {
    const before = heads.get(stateKey);
    transaction.onUndo(() => (before ? heads.set(stateKey, before) : heads.delete(stateKey)));
    if (head) {
      heads.set(stateKey, head);
      transaction.put(headKey(stateKey), Buffer.from(JSON.stringify(head)));
    } else {
      heads.delete(stateKey);
      transaction.remove(headKey(stateKey));
    }
  }

  function removeParts(transaction: Transaction, head: Head): void {
    for (let chunk = 0; chunk < head.baseChunks; chunk++) {
      transaction.remove(baseKey(head.key, head.base, chunk));
    }
    for (let number = head.base + 1; number <= head.number; number++) {
      transaction.remove(deltaKey(head.key, number));
    }
  }

  function damaged(head: Head, what: string): StateDamaged {
    return new StateDamaged(
      `The saved state ${head.key} is damaged: ${what}. Restore the data folder from a copy, or let the state be ` +
        'computed anew from the log.',
    );
  }

  /** Yields after each part that was read, for whoever must not hold up the process. */
  function* read(head: Head, entries: Map<string, Uint8Array>): Generator<void> {
    const part = (encoded: Uint8Array | undefined, name: string): number => {
      if (!encoded) throw damaged(head, `${name} is missing`);
      try {
        return applyEntries(encoded, entries);
      } catch (error) {
        throw damaged(head, `${name} can't be read (${(error as Error).message})`);
      }
    };
    for (let chunk = 0; chunk < head.baseChunks; chunk++) {
      part(disk.get(baseKey(head.key, head.base, chunk)), `chunk ${chunk} of base ${head.base}`);
      yield;
    }
    if (entries.size !== head.baseEntries) {
      throw damaged(head, `its base has ${entries.size} entries and not ${head.baseEntries}`);
    }
    let changes = 0;
    for (let number = head.base + 1; number <= head.number; number++) {
      changes += part(disk.get(deltaKey(head.key, number)), `checkpoint ${number}`);
      yield;
    }
    if (changes !== head.deltaEntries) {
      throw damaged(head, `its checkpoints have ${changes} changes and not ${head.deltaEntries}`);
    }
  }

  async function compactAll(): Promise<void> {
    for (const stateKey of due) {
      due.delete(stateKey);
      try {
        if (!closed) await compact(stateKey);
      } catch (error) {
        // The chain is as it was; the next checkpoint tries again.
        logger.warn({ state: stateKey, error }, `the saved state ${stateKey} could not be compacted`);
      }
    }
    compacting = null;
  }

  /** What it reads stays as it is meanwhile: only itself and `remove` delete parts of a chain. */
  async function compact(stateKey: string): Promise<void> {
    const from = heads.get(stateKey);
    if (!from) return;
    const entries = new Map<string, Uint8Array>();
    for (const _ of read(from, entries)) {
      await nextTurn();
      if (closed || heads.get(stateKey)?.chain !== from.chain) return;
    }
    const chunks: Buffer[] = [];
    for (const chunk of chunkEntries(entries, BASE_CHUNK_BYTES)) {
      chunks.push(chunk);
      await nextTurn();
    }
    if (closed) return;
    await writer.submit((transaction) => {
      const now = heads.get(stateKey);
      if (now?.chain !== from.chain) return;
      removeParts(transaction, from);
      for (const [i, chunk] of chunks.entries()) transaction.put(baseKey(stateKey, from.number, i), chunk);
      setHead(transaction, stateKey, {
        ...now,
        base: from.number,
        baseChunks: chunks.length,
        baseEntries: entries.size,
        baseBytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
        deltaEntries: now.deltaEntries - from.deltaEntries,
        deltaBytes: now.deltaBytes - from.deltaBytes,
      });
    });
  }

  return {
    head: (stateKey) => heads.get(stateKey),
    keys() {
      refresh();
      return [...heads.keys()];
    },
    append(transaction, stateKey, { head: text, puts, deletes }) {
      const before = heads.get(stateKey) ?? emptyHead(stateKey);
      const number = before.number + 1;
      const delta = encodeEntries(puts, deletes);
      const head = {
        ...before,
        number,
        text,
        deltaEntries: before.deltaEntries + puts.size + deletes.length,
        deltaBytes: before.deltaBytes + delta.length + DELTA_OVERHEAD_BYTES,
      };
      transaction.put(deltaKey(stateKey, number), delta);
      setHead(transaction, stateKey, head);
      if (head.deltaBytes < Math.max(MIN_COMPACTION_BYTES, head.baseBytes)) return;
      transaction.onDurable(() => {
        due.add(stateKey);
        compacting ??= compactAll();
      });
    },
    setToken(transaction, stateKey, token) {
      setHead(transaction, stateKey, { ...(heads.get(stateKey) ?? emptyHead(stateKey)), token });
    },
    remove(transaction, stateKey) {
      const head = heads.get(stateKey);
      if (!head) return;
      removeParts(transaction, head);
      setHead(transaction, stateKey, null);
    },
    load(stateKey) {
      refresh();
      const head = heads.get(stateKey);
      if (!head || head.number === 0) return null;
      const entries = new Map<string, Uint8Array>();
      for (const _ of read(head, entries));
      return { number: head.number, head: head.text, entries };
    },
    async close() {
      closed = true;
      await compacting;
    },
  };
}

function emptyHead(stateKey: string): Head {
  return {
    key: stateKey,
    chain: randomUUID(),
    token: '',
    number: 0,
    text: '',
    base: 0,
    baseChunks: 0,
    baseEntries: 0,
    baseBytes: 0,
    deltaEntries: 0,
    deltaBytes: 0,
  };
}

function loadHeads(disk: Disk, prefix: Buffer): Map<string, Head> {
  const heads = new Map<string, Head>();
  for (const { value } of disk.range({ from: prefix, to: after(prefix) })) {
    const head: Head = JSON.parse(Buffer.from(value).toString());
    heads.set(head.key, head);
  }
  return heads;
}
