import { LANE_SEQ_SPAN } from '../bounds.ts';
import type { LaneLife } from '../lane-worker.ts';
import type { LogRecord } from '../ports/log.ts';
import { type DeadLetterRow, type ResultRow, rowKey } from '../ports/results.ts';
import type { Span } from '../ports/tracer.ts';
import { retrying } from '../retrying.ts';
import { ATTRIBUTE } from '../span-attributes.ts';
import type { TraceContext } from '../trace-context.ts';
import type { WorkerOptions } from '../worker-options.ts';
import { sendDeadLetter } from './dead-letters.ts';
import type { Foreign } from './reading.ts';

/** A batch's result rows; dead letters also go on their topic. */
export class RowWriter {
  readonly #options: WorkerOptions;
  readonly #life: LaneLife;
  readonly #topic: string;
  readonly #lane: number;
  readonly #rows = new Map<string, ResultRow>();
  /** What of the sampled records at hand caused rows. */
  readonly #causes = new Set<TraceContext>();

  /** `topic`: what the lane reads, for the dead letters' headers. */
  constructor(options: WorkerOptions, life: LaneLife, topic: string, lane: number) {
    this.#options = options;
    this.#life = life;
    this.#topic = topic;
    this.#lane = lane;
  }

  readonly store = (row: ResultRow): void => {
    this.#keep(row);
    // Of an event, its seq is where it was read at first.
    if (row.table === 'deadletters')
      this.#send(row, this.#topic === 'aggregated' ? 'raw' : this.#topic, null);
  };

  /** The dead letter of a record that is not the pipeline's, with the key and headers that it came with. */
  readonly foreign: Foreign = (record, row) => {
    this.#keep(row);
    this.#send(row, this.#topic, record);
  };

  #keep(row: ResultRow): void {
    this.#rows.set(rowKey(row), row);
    const { current } = this.#life.hops;
    if (current !== null) this.#causes.add(current);
  }

  #send(row: DeadLetterRow, topic: string, original: LogRecord | null): void {
    const { measures, clock } = this.#options;
    measures.deadLetters.set(row.code, (measures.deadLetters.get(row.code) ?? 0) + 1);
    sendDeadLetter(this.#life.outbox, row, {
      topic: `${row.pipeline}.${topic}`,
      lane: this.#lane,
      offset: row.version.position % LANE_SEQ_SPAN,
      trace: this.#life.hops.current,
      original,
      nowMs: clock.now(),
    });
  }

  /** Resolves when the rows are durable. */
  async write(): Promise<void> {
    if (this.#rows.size === 0) return;
    const rows = [...this.#rows.values()];
    this.#rows.clear();
    const { results, clock } = this.#options;
    const spans = this.#spans(rows.length);
    try {
      await retrying({ clock, isOver: this.#life.isOver }, () => results.write(rows));
    } finally {
      for (const span of spans) span.end();
    }
  }

  /** The writing as each of the sampled records sees it. */
  #spans(rows: number): readonly Span[] {
    if (this.#causes.size === 0) return [];
    const { tracer } = this.#life.hops;
    const attributes = {
      [ATTRIBUTE.databaseSystem]: tracer.systems.results,
      [ATTRIBUTE.databaseOperation]: 'write',
      [ATTRIBUTE.pipeline]: this.#options.plan.pipeline,
      [ATTRIBUTE.rows]: rows,
    };
    const start = { name: 'write results', kind: 'client', attributes } as const;
    const spans = [...this.#causes].map((cause) => tracer.start(start, cause));
    this.#causes.clear();
    return spans;
  }
}
