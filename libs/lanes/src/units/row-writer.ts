import { LANE_SEQ_SPAN } from '../bounds.ts';
import type { LaneLife } from '../lane-worker.ts';
import { type ResultRow, rowKey } from '../ports/results.ts';
import { retrying } from '../retrying.ts';
import type { WorkerOptions } from '../worker-options.ts';
import { sendDeadLetter } from './dead-letters.ts';

/** A batch's result rows; dead letters also go on their topic. */
export class RowWriter {
  readonly #options: WorkerOptions;
  readonly #life: LaneLife;
  readonly #topic: string;
  readonly #lane: number;
  readonly #rows = new Map<string, ResultRow>();

  /** `topic`: what the lane reads, for the dead letters' headers. */
  constructor(options: WorkerOptions, life: LaneLife, topic: string, lane: number) {
    this.#options = options;
    this.#life = life;
    this.#topic = topic;
    this.#lane = lane;
  }

  readonly store = (row: ResultRow): void => {
    this.#rows.set(rowKey(row), row);
    if (row.table !== 'deadletters') return;
    const { deadLetters } = this.#options.measures;
    deadLetters.set(row.code, (deadLetters.get(row.code) ?? 0) + 1);
    const offset = row.version.position % LANE_SEQ_SPAN;
    sendDeadLetter(this.#life.outbox, row, this.#lane, `${row.pipeline}.${this.#topic}`, offset);
  };

  /** Resolves when the rows are durable. */
  async write(): Promise<void> {
    if (this.#rows.size === 0) return;
    const rows = [...this.#rows.values()];
    this.#rows.clear();
    const { results, clock } = this.#options;
    await retrying({ clock, isOver: this.#life.isOver }, () => results.write(rows));
  }
}
