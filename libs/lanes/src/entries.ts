import type { LaneState, StateChanges } from './stage.ts';

const decoder = new TextDecoder();

/** JSON keeps every finite double exactly, so a restored value is the saved one. */
export function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

export function decodeJson<T>(bytes: Uint8Array): T {
  return JSON.parse(decoder.decode(bytes)) as T;
}

/** Plain JSON data, copied: what is sent must not change when its owner goes on. */
export function copyJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copies = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i++) copies[i] = copyJson(value[i]);
    return copies as T;
  }
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) copy[key] = copyJson((value as Record<string, unknown>)[key]);
  return copy as T;
}

/** Values by key that remember which of them changed since the last checkpoint. */
export class Entries<T> implements LaneState {
  readonly #values = new Map<string, T>();
  readonly #changed = new Set<string>();

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  /** Also to be called after a value was changed in place. */
  put(key: string, value: T): void {
    this.#values.set(key, value);
    this.#changed.add(key);
  }

  remove(key: string): void {
    this.#values.delete(key);
    this.#changed.add(key);
  }

  /** One that is removed meanwhile is left out. */
  entries(): Iterable<readonly [string, T]> {
    return this.#values;
  }

  drain(changes: StateChanges): void {
    for (const key of this.#changed) {
      const value = this.#values.get(key);
      if (value === undefined) changes.remove(key);
      else changes.put(key, encodeJson(value));
    }
    this.#changed.clear();
  }

  restore(key: string, value: Uint8Array): void {
    this.#values.set(key, decodeJson(value));
  }

  size(): number {
    return this.#values.size;
  }
}

/** Several states as one; each entry's key begins with its part's name and a slash. */
export function joinStates(parts: Readonly<Record<string, LaneState>>): LaneState {
  const all = Object.entries(parts);
  return {
    drain(changes) {
      for (const [name, part] of all) {
        part.drain({
          put: (key, value) => changes.put(`${name}/${key}`, value),
          remove: (key) => changes.remove(`${name}/${key}`),
        });
      }
    },
    restore(key, value) {
      const slash = key.indexOf('/');
      const part = parts[key.slice(0, slash)];
      if (part === undefined)
        throw new Error(`saved state has an entry "${key}" that belongs to no part of the stage`);
      part.restore(key.slice(slash + 1), value);
    },
    size() {
      let sum = 0;
      for (let i = 0; i < all.length; i++) sum += all[i]![1].size();
      return sum;
    },
  };
}
