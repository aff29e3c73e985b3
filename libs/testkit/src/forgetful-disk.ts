/**
 * A disk in memory that can lose its power: whatever had not been flushed is then gone, except a first part of it
 * that the seed picks. It keeps the contract of `Disk` in libs/embedded and stretches it as far as it goes: writes
 * are seen some turns after they were called for, and flushed some turns after they were seen.
 */
export interface ForgetfulDisk {
  peek(key: Uint8Array): Uint8Array | undefined;
  get(key: Uint8Array): Uint8Array | undefined;
  range(range: ForgetfulRange): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>;
  write(ops: readonly ForgetfulOp[]): { readonly committed: Promise<void>; readonly flushed: Promise<void> };
  close(): Promise<void>;
  /** What a process finds when the power is back. This disk does nothing any more. */
  cutPower(): ForgetfulDisk;
}

export interface ForgetfulRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly keysOnly?: boolean;
}

export interface ForgetfulOp {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

type Content = Map<string, Uint8Array>;

/** Longest delays, in turns of the event loop. */
const MAX_COMMIT_TURNS = 3;
const MAX_FLUSH_TURNS = 5;

/** @param random numbers from 0 to below 1, from a seed. */
export function createForgetfulDisk(random: () => number, content: Content = new Map()): ForgetfulDisk {
  const seen: Content = new Map(content);
  const flushed: Content = new Map(content);
  /** Seen but not flushed, in order. */
  const pending: (readonly ForgetfulOp[])[] = [];
  let committing: Promise<void> = Promise.resolve();
  let flushing: Promise<void> = Promise.resolve();
  let dead = false;

  async function turns(most: number): Promise<void> {
    for (let left = Math.floor(random() * (most + 1)); left > 0; left--) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The process died with the power: nothing that it awaited comes back.
    if (dead) await new Promise(() => {});
  }

  const get = (key: Uint8Array) => {
    const value = seen.get(nameOf(key));
    return value && Uint8Array.from(value);
  };

  return {
    get,
    peek: get,
    *range({ from, to, reverse = false, limit = Number.POSITIVE_INFINITY, keysOnly = false }) {
      const [first, end] = [nameOf(from), nameOf(to)];
      const names = [...seen.keys()].filter((name) => name >= first && name < end).sort();
      if (reverse) names.reverse();
      for (const name of names.slice(0, limit)) {
        const value = keysOnly ? new Uint8Array(0) : Uint8Array.from(seen.get(name)!);
        yield { key: Buffer.from(name, 'latin1'), value };
      }
    },
    write(ops) {
      const copy = ops.map(({ key, value }) => ({ key, value: value && Uint8Array.from(value) }));
      committing = committing.then(async () => {
        await turns(MAX_COMMIT_TURNS);
        apply(copy, seen);
        pending.push(copy);
      });
      const committed = committing;
      flushing = Promise.all([committed, flushing]).then(async () => {
        await turns(MAX_FLUSH_TURNS);
        apply(pending.shift()!, flushed);
      });
      return { committed, flushed: flushing };
    },
    close: async () => {},
    cutPower() {
      dead = true;
      const survivors: Content = new Map(flushed);
      const lucky = Math.floor(random() * (pending.length + 1));
      for (const ops of pending.slice(0, lucky)) apply(ops, survivors);
      return createForgetfulDisk(random, survivors);
    },
  };
}

/** Sorts as the bytes do. */
function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}

function apply(ops: readonly ForgetfulOp[], content: Content): void {
  for (const { key, value } of ops) {
    if (value === null) content.delete(nameOf(key));
    else content.set(nameOf(key), value);
  }
}
