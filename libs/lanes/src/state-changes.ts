import type { LaneState } from './stage.ts';

/** What a processor's state went through since the last call, as a checkpoint takes it. */
export function drainChanges(state: LaneState): {
  readonly puts: ReadonlyMap<string, Uint8Array>;
  readonly deletes: readonly string[];
} {
  const puts = new Map<string, Uint8Array>();
  const deletes: string[] = [];
  state.drain({
    put: (key, value) => puts.set(key, value),
    remove: (key) => deletes.push(key),
  });
  return { puts, deletes };
}
