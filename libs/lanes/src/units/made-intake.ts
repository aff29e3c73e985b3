import { type MadeId, MadeReception } from '../accept.ts';
import type { HopPlace, Hops } from '../hops.ts';
import type { Decoded, MadeRecord, MadeTopic } from '../lane-codec.ts';
import type { LogRecord } from '../ports/log.ts';
import { type TraceContext, traceOf } from '../trace-context.ts';
import type { WorkerOptions } from '../worker-options.ts';
import { type Foreign, foreignRow, gap, type IntakeLife, isOfGeneration, readRecord } from './reading.ts';

/** Of windows and alerts: aggregate and the merge. Of partials: every lane. */
const WRITERS_MIN = 2;

/** Takes in a lane that several writers share: windows, alerts, partials. */
export class MadeIntake {
  readonly #options: WorkerOptions;
  readonly #isOver: () => boolean;
  readonly #hops: Hops;
  readonly #place: HopPlace;
  readonly #stage: string;
  readonly #topic: MadeTopic;
  readonly #lane: number;
  readonly #reception: MadeReception;

  constructor(
    options: WorkerOptions,
    { hops, group, isOver }: IntakeLife,
    stage: string,
    topic: MadeTopic,
    lane: number,
    saved: readonly (readonly [number, MadeId])[],
  ) {
    this.#options = options;
    this.#isOver = isOver;
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
      const decoded = await readRecord(this.#options, this.#isOver, () =>
        codec.decodeMade(this.#topic, record),
      );
      const believed = decoded.kind === 'foreign' ? null : this.#believed(decoded);
      if (decoded.kind !== 'value' || believed === null) {
        const reason = decoded.kind === 'value' ? 'its lane fields are of another writer' : decoded.reason;
        const place = [this.#stage, this.#topic, this.#lane, base + i] as const;
        foreign(record, foreignRow(this.#options, ...place, record, reason));
      }
      if (believed === null) continue;
      const { made } = believed;
      const prev: MadeId = [made.prevSeq, made.prevIndex];
      const reception = this.#reception.receive(made.writer, [made.seq, made.index], prev);
      if (reception === 'repeat') measures.repeats++;
      else if (reception === 'gap') {
        const last = JSON.stringify(this.#reception.saved());
        throw gap(this.#options, this.#stage, this.#topic, this.#lane, base + i, prev.join('.'), last);
      } else if (decoded.kind === 'value') {
        const trace = record.headers === undefined ? null : traceOf(record.headers);
        const span = trace === null ? null : this.#hops.read(trace, this.#place, base + i);
        news(believed, base + i, span);
      }
    }
  }

  /**
   * The record whose place in the lane is to be gone by; null: it can't be one of the lane's writers. What is damaged
   * may have any lane fields: only those that go on from the writer's last one are believed.
   */
  #believed(decoded: Exclude<Decoded<MadeRecord>, { readonly kind: 'foreign' | 'unknown_schema' }>) {
    const { made } = decoded.value;
    const { plan, generation } = this.#options;
    const isWriter = made.writer >= 0 && made.writer < Math.max(plan.lanes, WRITERS_MIN);
    if (!isWriter || !isOfGeneration(made.seq, generation)) return null;
    if (decoded.kind === 'value') return decoded.value;
    const { writer, seq, index, prevSeq, prevIndex } = made;
    return this.#reception.goesOn(writer, [seq, index], [prevSeq, prevIndex]) ? decoded.value : null;
  }
}
