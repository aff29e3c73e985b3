import { decodeJson, encodeJson } from '@millrace/lanes/entries';
import type { LaneState, StateChanges } from '@millrace/lanes/stage';

/** Beyond it the older half is forgotten: replays of those are taken as they are. */
export const REFUSALS_MAX = 100_000;

const NOTHING = new Uint8Array(0);

/**
 * The seqs of a lane's refused and late events that have not been replayed. It is how a replay is known whose
 * original counts already: computed anew by a rule that has been mended, an event is taken at once, and the replay
 * that came of its first refusal is still in raw.
 */
export class Refusals implements LaneState {
  /** What lies before this seq is not known here. */
  #from = Number.POSITIVE_INFINITY;
  /** Ascending. */
  #waiting = new Set<number>();
  /** Whether each that changed since the last checkpoint waits. */
  readonly #changed = new Map<number, boolean>();
  #moved = false;
  /** Saved ones, which come in any order, until the first is asked for. */
  #restored: number[] = [];

  /** To be called with every record of the lane, first. */
  begin(seq: number): void {
    if (seq < this.#from) this.#moveTo(seq);
  }

  note(seq: number): void {
    this.#order();
    this.#waiting.add(seq);
    this.#changed.set(seq, true);
    if (this.#waiting.size > REFUSALS_MAX) this.#forget();
  }

  /** Whether an event counts already, or has been replayed before; from now on it has. */
  isAnswered(seq: number): boolean {
    if (seq < this.#from) return false;
    this.#order();
    if (!this.#waiting.delete(seq)) return true;
    this.#changed.set(seq, false);
    return false;
  }

  drain(changes: StateChanges): void {
    for (const [seq, waits] of this.#changed) {
      if (waits) changes.put(String(seq), NOTHING);
      else changes.remove(String(seq));
    }
    this.#changed.clear();
    if (this.#moved) changes.put('from', encodeJson(this.#from));
    this.#moved = false;
  }

  restore(key: string, value: Uint8Array): void {
    if (key === 'from') this.#from = decodeJson(value);
    else this.#restored.push(Number(key));
  }

  size(): number {
    return this.#waiting.size + this.#restored.length + (this.#from === Number.POSITIVE_INFINITY ? 0 : 1);
  }

  #forget(): void {
    for (const seq of this.#waiting) {
      if (this.#waiting.size <= REFUSALS_MAX / 2) return;
      this.#waiting.delete(seq);
      this.#changed.set(seq, false);
      this.#moveTo(seq + 1);
    }
  }

  #moveTo(seq: number): void {
    this.#from = seq;
    this.#moved = true;
  }

  #order(): void {
    if (this.#restored.length === 0) return;
    this.#waiting = new Set(this.#restored.sort((left, right) => left - right));
    this.#restored = [];
  }
}
