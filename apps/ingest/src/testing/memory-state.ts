import type { StateStore } from '@millrace/lanes/ports/state';

/** Keeps heads alone: ingest saves no entries. */
export function createMemoryState(): StateStore {
  const saved = new Map<string, { token: string; number: number; head: string }>();
  return {
    async takeOver(key, token) {
      const before = saved.get(key);
      saved.set(key, { number: 0, head: '', ...before, token });
      return before ? { number: before.number, head: before.head, entries: new Map() } : null;
    },
    async checkpoint(key, { token, base, head }) {
      const before = saved.get(key);
      if (before === undefined || before.token !== token || before.number !== base) return false;
      saved.set(key, { token, number: base + 1, head });
      return true;
    },
    async remove(key) {
      saved.delete(key);
    },
  };
}
