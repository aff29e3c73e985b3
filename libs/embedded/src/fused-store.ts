import type { FusedStore } from '@millrace/lanes/ports/fused';
import type { SavedState } from '@millrace/lanes/ports/state';
import type { Chains } from './chains.ts';
import type { Lanes } from './lanes.ts';
import type { Rows } from './rows.ts';
import type { Writer } from './writer.ts';

export function createFusedStore(writer: Writer, chains: Chains, rows: Rows, lanes: Lanes): FusedStore {
  /** A later commit builds on what the failed one would have written. */
  let failure: Error | null = null;
  const growth = new Map<string, Growth>();
  lanes.onGrown((topic) => growthOf(topic).note());

  function growthOf(topic: string): Growth {
    let found = growth.get(topic);
    if (!found) {
      found = createGrowth();
      growth.set(topic, found);
    }
    return found;
  }

  return {
    async load() {
      const states = new Map<string, SavedState>();
      for (const key of chains.keys()) {
        const state = chains.load(key);
        if (state) states.set(key, state);
      }
      return states;
    },
    commit: ({ states, rows: written, outputs }) =>
      writer.submit((transaction) => {
        if (failure) throw failure;
        transaction.onUndo(() => {
          failure = new Error('An earlier commit failed, and what follows it builds on it. Start again.');
        });
        for (const [key, delta] of states) chains.append(transaction, key, delta);
        rows.putInOrder(transaction, written);
        for (const { topic, lane, records } of outputs) lanes.append(transaction, topic, lane, records);
      }),
    grown: (topic, timeoutMs) => growthOf(topic).next(timeoutMs),
  };
}

interface Growth {
  note(): void;
  next(timeoutMs: number): Promise<void>;
}

/** Remembers growth that came while nobody waited. */
function createGrowth(): Growth {
  let grown = false;
  const waiting = new Set<() => void>();
  return {
    note() {
      grown = waiting.size === 0;
      for (const act of [...waiting]) act();
    },
    async next(timeoutMs) {
      if (!grown) {
        await new Promise<void>((resolve) => {
          const end = () => {
            clearTimeout(timer);
            waiting.delete(end);
            resolve();
          };
          const timer = setTimeout(end, timeoutMs);
          waiting.add(end);
        });
      }
      grown = false;
    },
  };
}
