import type { StateStore } from '@millrace/lanes/ports/state';
import type { Chains } from './chains.ts';
import type { Writer } from './writer.ts';

/**
 * Tokens and numbers are compared as the transaction is made up: no other process writes the folder, and
 * transactions are made up one after another, so nothing comes between the comparison and the write.
 */
export function createStateStore(writer: Writer, chains: Chains): StateStore {
  return {
    takeOver: (key, token) =>
      writer
        .submit((transaction) => {
          chains.setToken(transaction, key, token);
          const taken: { load: () => ReturnType<Chains['load']> } = { load: () => null };
          // Read before a later transaction adds to the chain.
          transaction.onDurable(() => {
            taken.load = loaded(chains, key);
          });
          return taken;
        })
        .then((taken) => taken.load()),
    checkpoint: (key, { token, base, head, puts, deletes }) =>
      writer.submit((transaction) => {
        const current = chains.head(key);
        if (current?.token !== token || current.number !== base) return false;
        chains.append(transaction, key, { head, puts, deletes });
        return true;
      }),
    remove: (key) => writer.submit((transaction) => chains.remove(transaction, key)),
  };
}

/** What the chain holds now, or why it can't be read. */
function loaded(chains: Chains, key: string): () => ReturnType<Chains['load']> {
  try {
    const state = chains.load(key);
    return () => state;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
