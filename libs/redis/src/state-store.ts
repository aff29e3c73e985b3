import { type Checkpoint, type SavedState, StateDamaged, type StateStore } from '@millrace/lanes/ports/state';
import { PIECES_KEPT_MS, SCAN_KEYS } from './bounds.ts';
import { inPieces, type Piece } from './checkpoint-pieces.ts';
import type { Argument, Client } from './client.ts';
import { headsPattern, keyOfHead, type LaneKeys, laneKeys } from './keys.ts';
import { loadEntries } from './load-entries.ts';
import { RedisError } from './redis-error.ts';

export interface PrefixedStateStore extends StateStore {
  /** Forgets all lanes whose keys begin so. @returns how many there were. */
  removeByPrefix(begin: string): Promise<number>;
}

const WRITTEN = 1;
const REFUSED = 0;

/**
 * A lane is two hashes: the head (token, number, head, count of entries) and the entries. Every write is one script
 * that compares token and number first, so two owners, or a Redis that came back older, can't mix.
 *
 * A state is loaded in pieces, which Redis does not shield from writers. But once the take-over has stored its token,
 * only who names that token can write, and a token is never used again: if it is still there after the last piece,
 * nobody has written since the first. A cursor that a restarted server misread is found by the count.
 */
export function createStateStore(client: Client, prefix: string): PrefixedStateStore {
  async function load(key: string, keys: LaneKeys, token: string, began: Began): Promise<SavedState> {
    const { number, head, count } = began;
    checkCount(key, count, began.held);
    const entries = count === 0 ? new Map() : await loadEntries(client, keys.entries);
    const now = answers(await client.run('look', [keys.head, keys.entries], []));
    if (textOf(now[0]) !== token || numberOf(now[1]) !== number) {
      throw new RedisError(
        `Redis at ${client.place}: the state of ${key} changed while it was loaded: another owner has taken it over, or Redis went back`,
      );
    }
    checkCount(key, numberOf(now[2]), numberOf(now[3]));
    if (entries.size !== count) {
      throw new RedisError(
        `Redis at ${client.place}: of the state of ${key} ${entries.size} entries came instead of ${count}: Redis was started again meanwhile`,
      );
    }
    return { number, head, entries };
  }

  /** Writes what is ahead of the last piece to keys that only the checkpoint itself makes part of the state. */
  async function sendAhead(puts: string, deletes: string, pieces: readonly Piece[]): Promise<void> {
    for (const piece of pieces) {
      if (piece.deletes.length > 0) await client.call('SADD', deletes, ...piece.deletes);
      if (piece.puts.length > 0) await client.call('HSET', puts, ...piece.puts);
      for (const name of [puts, deletes]) await client.call('PEXPIRE', name, PIECES_KEPT_MS);
    }
  }

  async function checkpoint(key: string, { token, base, head, puts, deletes }: Checkpoint): Promise<boolean> {
    const keys = laneKeys(prefix, key);
    const ahead = keys.ahead(token, base);
    const pieces = inPieces(puts, deletes);
    const last = pieces.pop()!;
    await sendAhead(ahead.puts, ahead.deletes, pieces);
    const written = await client.run(
      'checkpoint',
      [keys.head, keys.entries, ahead.puts, ahead.deletes],
      [
        token,
        base,
        head,
        sum(pieces.map((piece) => piece.puts.length / 2)),
        sum(pieces.map((piece) => piece.deletes.length)),
        last.deletes.length,
        ...last.deletes,
        ...last.puts,
      ],
    );
    if (written === WRITTEN || written === REFUSED) return written === WRITTEN;
    throw new RedisError(`Redis at ${client.place}: a part of the checkpoint of ${key} was lost on its way`);
  }

  async function remove(key: string): Promise<void> {
    const { head, entries } = laneKeys(prefix, key);
    await client.call('UNLINK', head, entries);
  }

  return {
    async takeOver(key, token) {
      const keys = laneKeys(prefix, key);
      const saved = answers(await client.run('takeOver', [keys.head, keys.entries], [token]));
      if (saved[0] === null) return null;
      const began = {
        number: numberOf(saved[0]),
        head: textOf(saved[1]),
        count: numberOf(saved[2]),
        held: numberOf(saved[3]),
      };
      return load(key, keys, token, began);
    },
    checkpoint,
    remove,
    async removeByPrefix(begin) {
      const found = new Set<string>();
      await client.eachNode(async (node) => {
        let cursor: Argument = '0';
        do {
          const step = answers(
            await node.call('SCAN', cursor, 'MATCH', headsPattern(prefix, begin), 'COUNT', SCAN_KEYS),
          );
          for (const name of step[1] as readonly Buffer[]) found.add(keyOfHead(prefix, name.toString()));
          cursor = textOf(step[0]);
        } while (cursor !== '0');
      });
      for (const key of found) await remove(key);
      return found.size;
    },
  };
}

interface Began {
  readonly number: number;
  readonly head: string;
  /** What the head says, and what is there. */
  readonly count: number;
  readonly held: number;
}

function checkCount(key: string, count: number, held: number): void {
  if (count === held) return;
  throw new StateDamaged(
    `the saved state of ${key} has ${held} entries, and its head says ${count}: something else has written or deleted it`,
  );
}

function answers(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer;
  throw new TypeError('Redis answered no list');
}

function textOf(value: unknown): string {
  return String(value);
}

function numberOf(value: unknown): number {
  return Number(String(value));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
