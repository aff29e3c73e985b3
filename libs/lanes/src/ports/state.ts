/**
 * Port: the saved state of lanes as a chain of checkpoints. Embedded: LMDB; distributed: Redis.
 * One key is one lane of one stage. A store may lose its last writes and come back older: the token and number
 * that each checkpoint names make that visible.
 */
export interface StateStore {
  /**
   * Takes the lane over: stores `token` (random, unique per take-over) so that the former owner's checkpoints are
   * refused from now on, and returns what was saved; null when nothing was.
   * Rejects with `StateDamaged` when the number of entries is not what the head says.
   */
  takeOver(key: string, token: string): Promise<SavedState | null>;

  /**
   * Writes one checkpoint atomically iff the stored token and number are the ones it builds on; then the number
   * becomes `base + 1`. Resolves false when refused (nothing written). When it rejects, it may or may not have
   * been written.
   */
  checkpoint(key: string, checkpoint: Checkpoint): Promise<boolean>;

  /** Forgets everything under the key. */
  remove(key: string): Promise<void>;
}

export interface Checkpoint {
  readonly token: string;
  /** The number of the checkpoint that it builds on; 0: the first. */
  readonly base: number;
  /** The lane's position and scalars, opaque to the store. */
  readonly head: string;
  /** Entries that are new or changed since `base`. */
  readonly puts: ReadonlyMap<string, Uint8Array>;
  readonly deletes: readonly string[];
}

export interface SavedState {
  readonly number: number;
  readonly head: string;
  readonly entries: ReadonlyMap<string, Uint8Array>;
}

export class StateDamaged extends Error {
  override readonly name = 'StateDamaged';
}
