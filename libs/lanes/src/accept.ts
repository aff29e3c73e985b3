/**
 * Lane rules 2 and 6 for a reader: what is news, what is a repeat, and whether something between vanished.
 * A crash, a zombie, a lost acknowledgement or a late packet can only repeat a prefix of what the lane has; a
 * writer's `prev` beyond the reader's `last` can only mean that a record was lost.
 */
export type Reception = 'news' | 'repeat' | 'gap';

/** For a lane with one writer: records come with (seq, prev). */
export class FlowReception {
  /** The last accepted seq; null: nothing is known, so the first record is not audited. */
  last: number | null;

  constructor(last: number | null) {
    this.last = last;
  }

  /** A gap moves nothing: the lane has to stop. */
  receive(seq: number, prev: number): Reception {
    if (this.last !== null) {
      if (seq <= this.last) return 'repeat';
      if (prev > this.last) return 'gap';
    }
    this.last = seq;
    return 'news';
  }
}

/** (seq, index) of a made record. */
export type MadeId = readonly [seq: number, index: number];

export const NOTHING_MADE: MadeId = [-1, -1];

/** For a lane with several writers (windows, alerts, partials): one `last` for each. */
export class MadeReception {
  readonly #last: Map<number, MadeId>;

  constructor(saved: readonly (readonly [writer: number, last: MadeId])[]) {
    this.#last = new Map(saved);
  }

  receive(writer: number, id: MadeId, prev: MadeId): Reception {
    const last = this.#last.get(writer);
    if (last !== undefined) {
      if (compareMade(id, last) <= 0) return 'repeat';
      if (compareMade(prev, last) > 0) return 'gap';
    }
    this.#last.set(writer, id);
    return 'news';
  }

  /** Whether the record is what comes next of a writer that has been heard. */
  goesOn(writer: number, id: MadeId, prev: MadeId): boolean {
    const last = this.#last.get(writer);
    return last !== undefined && compareMade(prev, last) === 0 && compareMade(id, last) > 0;
  }

  saved(): (readonly [number, MadeId])[] {
    return [...this.#last];
  }
}

export function compareMade(left: MadeId, right: MadeId): number {
  return left[0] - right[0] || left[1] - right[1];
}
