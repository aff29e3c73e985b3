import type { ResultStore } from '@millrace/lanes/ports/results';
import type { SharedValues } from '@millrace/lanes/ports/shared-values';

/**
 * A result store that is opened when it is first needed: most stages write there only what is not theirs to read.
 * A call rejects while it can't be opened, and the next one tries again.
 */
export function lazyResults(open: () => Promise<ResultStore>): ResultStore {
  const store = lazily(open);
  return {
    write: async (rows) => (await store()).write(rows),
    windows: async (query) => (await store()).windows(query),
    alerts: async (query) => (await store()).alerts(query),
    events: async (query) => (await store()).events(query),
    deadLetters: async (query) => (await store()).deadLetters(query),
    deadLetter: async (pipeline, id) => (await store()).deadLetter(pipeline, id),
    removeDeadLetter: async (pipeline, id) => (await store()).removeDeadLetter(pipeline, id),
  };
}

/** The same for shared values, which nobody waits for. */
export function lazyShared(open: () => Promise<SharedValues>): SharedValues {
  const values = lazily(open);
  return {
    put: async (scope, name, value, ttlMs) => (await values()).put(scope, name, value, ttlMs),
    get: async (scope, name) => (await values()).get(scope, name),
    all: async (scope) => (await values()).all(scope),
    remove: async (scope, name) => (await values()).remove(scope, name),
  };
}

function lazily<T>(open: () => Promise<T>): () => Promise<T> {
  let opening: Promise<T> | null = null;
  return () => {
    if (opening === null) {
      opening = open();
      opening.catch(() => {
        opening = null;
      });
    }
    return opening;
  };
}
