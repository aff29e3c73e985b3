import type { Checkpoint, SavedState, StateStore } from '@millrace/lanes/ports/state';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';

/** The server side of the state store. Keeps what it once held, to go back to it as Redis does after a crash. */
export interface StateServer {
  takeOver(key: string, token: string): SavedState | null;
  checkpoint(key: string, checkpoint: Checkpoint): boolean;
  remove(key: string): void;
  /** Comes back with one of its last states, while the workers live on. */
  goBack(steps: number): void;
  /** Comes back empty. */
  flush(): void;
  readonly entries: ReadonlyMap<string, Entry>;
}

interface Entry {
  readonly token: string;
  /** Null: taken over, but nothing was ever saved. */
  readonly saved: SavedState | null;
}

const REMEMBERED = 8;

/** @param onSaved told of each checkpoint that was accepted, before its writer is. */
export function createStateServer(onSaved: (key: string) => void): StateServer {
  let entries: ReadonlyMap<string, Entry> = new Map();
  let history: ReadonlyMap<string, Entry>[] = [entries];

  function set(next: ReadonlyMap<string, Entry>): void {
    entries = next;
    history.push(next);
    if (history.length > REMEMBERED) history.shift();
  }

  return {
    get entries() {
      return entries;
    },
    takeOver(key, token) {
      const saved = entries.get(key)?.saved ?? null;
      set(new Map(entries).set(key, { token, saved }));
      return saved;
    },
    checkpoint(key, { token, base, head, puts, deletes }) {
      const entry = entries.get(key);
      if (entry === undefined || entry.token !== token || (entry.saved?.number ?? 0) !== base) return false;
      const values = new Map(entry.saved?.entries);
      for (const name of deletes) values.delete(name);
      for (const [name, value] of puts) values.set(name, value.slice());
      set(new Map(entries).set(key, { token, saved: { number: base + 1, head, entries: values } }));
      onSaved(key);
      return true;
    },
    remove(key) {
      const rest = new Map(entries);
      rest.delete(key);
      set(rest);
    },
    goBack(steps) {
      const older = history[Math.max(0, history.length - 1 - steps)]!;
      // What had been saved at all is still there: to lose all of it is a case of its own (`state_lost`).
      for (const [key, { saved }] of entries) if (saved !== null && !older.get(key)?.saved) return;
      entries = older;
      history = [older];
    },
    flush() {
      entries = new Map();
      history = [entries];
    },
  };
}

/** The state store as one process sees it. */
export function createStateStore(
  network: Network,
  server: StateServer,
  process: SimulatedProcess,
): StateStore {
  const ask = <T>(name: string, act: () => T) =>
    network.request(process, `${process.name} ${name}`, act, (message) => new Error(message));
  return {
    takeOver: (key, token) => ask(`take over ${key}`, () => server.takeOver(key, token)),
    checkpoint: (key, checkpoint) =>
      ask(`checkpoint ${key} ${checkpoint.base}`, () => server.checkpoint(key, checkpoint)),
    remove: (key) => ask(`remove ${key}`, () => server.remove(key)),
  };
}
