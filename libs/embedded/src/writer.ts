import type { Disk, Op } from './disk.ts';

/** A transaction takes no more submissions once it holds this much; a single one may exceed it. */
const MAX_TRANSACTION_BYTES = 64 * 2 ** 20;
const MAX_QUEUED = 100_000;

/**
 * Group commit: one transaction at a time is on its way to the disk; what is submitted meanwhile makes up the next
 * one. So a submission sees every earlier one, either on the disk or in its owner's memory.
 */
export interface Writer {
  /**
   * Runs `build` when its transaction is made up; resolves with its result once the transaction is durable.
   * When `build` throws, nothing of it is written and only this promise rejects.
   */
  submit<T>(build: (transaction: Transaction) => T): Promise<T>;
  /** Refuses further submissions and waits for those before. */
  close(): Promise<void>;
}

export interface Transaction {
  put(key: Uint8Array, value: Uint8Array): void;
  remove(key: Uint8Array): void;
  /** To undo what `build` changed in memory, when the transaction fails; the last one first. */
  onUndo(undo: () => void): void;
  /** Once the transaction is durable, before the promise resolves. */
  onDurable(act: () => void): void;
}

interface Submission {
  readonly build: (transaction: Transaction) => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export function createWriter(disk: Disk): Writer {
  let queue: Submission[] = [];
  let draining: Promise<void> | null = null;
  let closed = false;

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      // Appends of the same turn of the event loop share the transaction.
      await new Promise<void>((resolve) => setImmediate(resolve));
      await writeOnce();
    }
    draining = null;
  }

  async function writeOnce(): Promise<void> {
    const batch = startBatch();
    const taken: { submission: Submission; result: unknown }[] = [];
    let next = 0;
    while (next < queue.length && batch.bytes() < MAX_TRANSACTION_BYTES) {
      const submission = queue[next++]!;
      try {
        taken.push({ submission, result: batch.build(submission.build) });
      } catch (error) {
        submission.reject(error);
      }
    }
    queue = queue.slice(next);
    try {
      if (batch.ops.length > 0) await disk.write(batch.ops).flushed;
    } catch (error) {
      batch.undo();
      for (const { submission } of taken) submission.reject(error);
      return;
    }
    batch.durable();
    for (const { submission, result } of taken) submission.resolve(result);
  }

  return {
    submit<T>(build: (transaction: Transaction) => T): Promise<T> {
      if (closed) return Promise.reject(new Error('The data folder is closed.'));
      if (queue.length >= MAX_QUEUED) {
        return Promise.reject(new Error(`${MAX_QUEUED} writes are waiting for the disk already.`));
      }
      const promise = new Promise<T>((resolve, reject) => {
        queue.push({ build, resolve: resolve as (result: unknown) => void, reject });
      });
      draining ??= drain();
      return promise;
    },
    async close() {
      closed = true;
      await draining;
    },
  };
}

function startBatch() {
  const ops: Op[] = [];
  const undos: (() => void)[] = [];
  const acts: (() => void)[] = [];
  let bytes = 0;
  const transaction: Transaction = {
    put(key, value) {
      bytes += key.length + value.length;
      ops.push({ key, value });
    },
    remove(key) {
      bytes += key.length;
      ops.push({ key, value: null });
    },
    onUndo: (undo) => undos.push(undo),
    onDurable: (act) => acts.push(act),
  };
  function undoTo(length: number): void {
    while (undos.length > length) undos.pop()!();
  }
  return {
    ops,
    bytes: () => bytes,
    build<T>(build: (transaction: Transaction) => T): T {
      const before = { ops: ops.length, undos: undos.length, acts: acts.length };
      try {
        return build(transaction);
      } catch (error) {
        undoTo(before.undos);
        ops.length = before.ops;
        acts.length = before.acts;
        throw error;
      }
    },
    undo: () => undoTo(0),
    durable() {
      for (const act of acts) act();
    },
  };
}
