import type { FusedTransaction, StateDelta } from './ports/fused.ts';
import type { LogRecord } from './ports/log.ts';
import type { ResultRow } from './ports/results.ts';
import { rowKey } from './ports/results.ts';
import type { Delivery, RouteOutput, TopicRecord } from './stage.ts';

/** Gathers what a stretch of raw caused until it is committed. */
export class Gathering implements RouteOutput {
  readonly #rows = new Map<string, ResultRow>();
  readonly #distinctRows: ResultRow[] = [];
  readonly #outputs = new Map<
    string,
    { readonly topic: string; readonly lane: number; readonly records: LogRecord[] }
  >();
  readonly #deliveries = new Map<string, Delivery[]>();
  /** Stamps topic records; the ingest time of the record at hand. */
  timestampMs = 0;

  /** Only the newest row of an identity is kept. */
  store(row: ResultRow): void {
    this.#rows.set(rowKey(row), row);
  }

  /** The same for rows of which each identity comes once. */
  readonly distinct: RouteOutput = {
    store: (row) => this.#distinctRows.push(row),
    append: (topic, lane, record) => this.append(topic, lane, record),
    deliver: (sink, delivery) => this.deliver(sink, delivery),
  };

  append(topic: string, lane: number, record: TopicRecord): void {
    const key = `${lane}/${topic}`;
    const output = this.#outputs.get(key) ?? { topic, lane, records: [] };
    output.records.push({ ...record, timestampMs: this.timestampMs });
    this.#outputs.set(key, output);
  }

  deliver(sink: string, delivery: Delivery): void {
    const batch = this.#deliveries.get(sink);
    if (batch === undefined) this.#deliveries.set(sink, [delivery]);
    else batch.push(delivery);
  }

  deliveries(): ReadonlyMap<string, readonly Delivery[]> {
    return this.#deliveries;
  }

  transaction(states: ReadonlyMap<string, StateDelta>): FusedTransaction {
    return {
      states,
      rows: [...this.#rows.values(), ...this.#distinctRows],
      outputs: [...this.#outputs.values()],
    };
  }
}
