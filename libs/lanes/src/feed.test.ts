import { expect, test } from '@jest/globals';
import { alertRowOf } from '@millrace/testkit/result-rows';
import { createResultFeed, publishingFused, publishingResults, type ResultChange } from './feed.ts';
import type { FusedStore } from './ports/fused.ts';
import type { ResultStore } from './ports/results.ts';

function listen() {
  const feed = createResultFeed();
  const changes: ResultChange[] = [];
  const unsubscribe = feed.subscribe((change) => changes.push(change));
  return { feed, changes, unsubscribe };
}

const transaction = (rows: ResultChange['rows']) => ({ states: new Map(), rows, outputs: [] });

test('rows are published once they are durable, not before and not when they could not be written', async () => {
  const { feed, changes } = listen();
  const written = Promise.withResolvers<void>();
  const row = alertRowOf('velocity:1', 0);
  const results = publishingResults(
    { write: () => written.promise } as Partial<ResultStore> as ResultStore,
    feed,
  );
  const writing = results.write([row]);
  await Promise.resolve();
  expect(changes).toEqual([]);
  written.resolve();
  await writing;
  expect(changes).toEqual([{ rows: [row], removed: [] }]);

  const full = publishingFused(
    { commit: async () => Promise.reject(new Error('full')) } as Partial<FusedStore> as FusedStore,
    feed,
  );
  await expect(full.commit(transaction([row]))).rejects.toThrow('full');
  expect(changes).toHaveLength(1);
});

test('a commit without rows is nothing to tell; a removed dead letter is', async () => {
  const { feed, changes } = listen();
  await publishingFused({ commit: async () => {} } as Partial<FusedStore> as FusedStore, feed).commit(
    transaction([]),
  );
  const store = {
    write: async () => {},
    removeDeadLetter: async () => {},
  } as Partial<ResultStore> as ResultStore;
  const results = publishingResults(store, feed);
  await results.write([]);
  await results.removeDeadLetter('payments', 'e1/validate/0');
  expect(changes).toEqual([{ rows: [], removed: [{ pipeline: 'payments', id: 'e1/validate/0' }] }]);
});

test('each subscription is one of its own, and ends alone', () => {
  const { feed, changes, unsubscribe } = listen();
  const others: ResultChange[] = [];
  const listener = (change: ResultChange) => others.push(change);
  feed.subscribe(listener);
  const endSecond = feed.subscribe(listener);
  feed.publish({ rows: [], removed: [] });
  expect([changes.length, others.length]).toEqual([1, 2]);
  unsubscribe();
  endSecond();
  feed.publish({ rows: [], removed: [] });
  expect([changes.length, others.length]).toEqual([1, 3]);
});
