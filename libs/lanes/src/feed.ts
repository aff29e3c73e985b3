import type { FusedStore } from './ports/fused.ts';
import type { ResultRow, ResultStore } from './ports/results.ts';

/** Result rows as they become durable, for whoever shows them live. Nothing is kept for who comes later. */
export interface ResultFeed {
  /**
   * Calls the listener after each commit, in this process only. It must return quickly and not throw: it runs
   * inside the writer's turn. A row may be older than one that was given before (compare `version`).
   * @returns ends the subscription.
   */
  subscribe(listener: (change: ResultChange) => void): () => void;
}

export interface ResultChange {
  readonly rows: readonly ResultRow[];
  /** Dead letters that were replayed or discarded. */
  readonly removed: readonly { readonly pipeline: string; readonly id: string }[];
}

export interface ResultPublisher extends ResultFeed {
  publish(change: ResultChange): void;
}

export function createResultFeed(): ResultPublisher {
  const listeners = new Set<(change: ResultChange) => void>();
  return {
    subscribe(listener) {
      // A wrapper of its own, so that one listener may subscribe twice.
      const entry = (change: ResultChange) => listener(change);
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
    publish(change) {
      for (const listener of listeners) listener(change);
    },
  };
}

/** The store, publishing what it wrote and removed once that is durable. */
export function publishingResults(store: ResultStore, feed: ResultPublisher): ResultStore {
  return {
    async write(rows) {
      await store.write(rows);
      if (rows.length > 0) feed.publish({ rows, removed: [] });
    },
    windows: (query) => store.windows(query),
    alerts: (query) => store.alerts(query),
    events: (query) => store.events(query),
    deadLetters: (query) => store.deadLetters(query),
    deadLetter: (pipeline, id) => store.deadLetter(pipeline, id),
    async removeDeadLetter(pipeline, id) {
      await store.removeDeadLetter(pipeline, id);
      feed.publish({ rows: [], removed: [{ pipeline, id }] });
    },
  };
}

/** The same for the fused run's transactions. */
export function publishingFused(store: FusedStore, feed: ResultPublisher): FusedStore {
  return {
    load: () => store.load(),
    async commit(transaction) {
      await store.commit(transaction);
      if (transaction.rows.length > 0) feed.publish({ rows: transaction.rows, removed: [] });
    },
    grown: (topic, timeoutMs) => store.grown(topic, timeoutMs),
  };
}
