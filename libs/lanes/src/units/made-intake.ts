import { type MadeId, MadeReception } from '../accept.ts';
import type { HopPlace, Hops } from '../hops.ts';
import type { MadeRecord, MadeTopic } from '../lane-codec.ts';
import type { LogRecord } from '../ports/log.ts';
import { type TraceContext, traceOf } from '../trace-context.ts';
import type { WorkerOptions } from '../worker-options.ts';
import { type Foreign, foreignRow, gap, readRecord } from './reading.ts';

/** Takes in a lane that several writers share: windows, alerts, partials. */
export class MadeIntake {
  readonly #options: WorkerOptions;
  readonly #hops: Hops;
  readonly #place: HopPlace;
  readonly #stage: string;
  readonly #topic: MadeTopic;
  readonly #lane: number;
  readonly #reception: MadeReception;

  constructor(
    options: WorkerOptions,
    { hops, group }: { readonly hops: Hops; readonly group: string },
    stage: string,
    topic: MadeTopic,
    lane: number,
    saved: readonly (readonly [number, MadeId])[],
  ) {
    this.#options = options;
    this.#hops = hops;
    this.#place = { topic: `${options.plan.pipeline}.${topic}`, group };
    this.#stage = stage;
    this.#topic = topic;
    this.#lane = lane;
    this.#reception = new MadeReception(saved);
  }

  saved(): (readonly [number, MadeId])[] {
    return this.#reception.saved();
  }

  /** Calls `news` for each record that is, in order, with its offset and its span where it is sampled. */
  async read(
    records: readonly LogRecord[],
    base: number,
    foreign: Foreign,
    news: (record: MadeRecord, offset: number, trace: TraceContext | null) => void,
  ): Promise<void> {
    const { codec, measures } = this.#options;
    for (const [i, record] of records.entries()) {
      const decoded = await readRecord(this.#options, () => codec.decodeMade(this.#topic, record));
      if (decoded.kind !== 'value') {
        foreign(
          record,
          foreignRow(this.#options, this.#stage, this.#topic, this.#lane, base + i, record, decoded.reason),
        );
        if (decoded.kind === 'foreign') continue;
      }
      const { made } = decoded.value;
      const prev: MadeId = [made.prevSeq, made.prevIndex];
      const reception = this.#reception.receive(made.writer, [made.seq, made.index], prev);
      if (reception === 'repeat') measures.repeats++;
      else if (reception === 'gap') {
        const last = JSON.stringify(this.#reception.saved());
        throw gap(this.#options, this.#stage, this.#topic, this.#lane, base + i, prev.join('.'), last);
      } else if (decoded.kind === 'value') {
        const trace = record.headers === undefined ? null : traceOf(record.headers);
        const span = trace === null ? null : this.#hops.read(trace, this.#place, base + i);
        news(decoded.value, base + i, span);
      }
    }
  }
}
