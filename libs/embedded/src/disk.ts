/**
 * The one door to the bytes: an ordered map of binary keys. Everything above it, and the disk that forgets in
 * the tests, keeps to this contract.
 *
 * - A write is atomic: after a crash all of it is there or nothing.
 * - Writes become visible, and durable, in the order of the calls.
 * - Reads see what is committed and nothing of a write under way.
 */
export interface Disk {
  /** The value, valid until the next call on the disk; undefined: no such key. */
  peek(key: Uint8Array): Uint8Array | undefined;
  /** The value as a copy of one's own. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Entries with from ≤ key < to in the order of their bytes; a snapshot, to be read to its end at once. */
  range(range: Range): Iterable<Entry>;
  /** Values must not change until `flushed` has settled. */
  write(ops: readonly Op[]): Written;
  close(): Promise<void>;
}

export interface Range {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  /** Descending; still from ≤ key < to. */
  readonly reverse?: boolean;
  readonly limit?: number;
  /** True: values are left out (empty). */
  readonly keysOnly?: boolean;
}

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Null removes. */
export interface Op {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

export interface Written {
  /** Readers see it; a power cut may still undo it. */
  readonly committed: Promise<void>;
  /** It survives a power cut. */
  readonly flushed: Promise<void>;
}
