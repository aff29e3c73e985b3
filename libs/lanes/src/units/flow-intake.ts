import { type FlowReception, FlowReception as Reception } from '../accept.ts';
import { LANE_SEQ_SPAN } from '../bounds.ts';
import { type Flow, reject } from '../flow.ts';
import type { HopPlace, Hops } from '../hops.ts';
import type { Decoded, FlowTopic } from '../lane-codec.ts';
import type { LogRecord } from '../ports/log.ts';
import type { WorkerOptions } from '../worker-options.ts';
import { type Foreign, foreignRow, gap, type IntakeLife, isOfGeneration, readRecord } from './reading.ts';

/** Takes a flow lane's records in: lane rules 2 and 6. */
export class FlowIntake {
  readonly #options: WorkerOptions;
  readonly #isOver: () => boolean;
  readonly #hops: Hops;
  readonly #place: HopPlace;
  readonly #stage: string;
  readonly #topic: FlowTopic;
  readonly #lane: number;
  readonly #reception: FlowReception;

  constructor(
    options: WorkerOptions,
    { hops, group, isOver }: IntakeLife,
    stage: string,
    topic: FlowTopic,
    lane: number,
    last: number | null,
  ) {
    this.#options = options;
    this.#isOver = isOver;
    this.#hops = hops;
    this.#place = { topic: `${options.plan.pipeline}.${topic}`, group };
    this.#stage = stage;
    this.#topic = topic;
    this.#lane = lane;
    this.#reception = new Reception(last);
  }

  get last(): number | null {
    return this.#reception.last;
  }

  /** The news among the records, in order; foreign ones go to `foreign`. */
  async read(records: readonly LogRecord[], base: number, foreign: Foreign): Promise<Flow[]> {
    const { generation, codec, measures } = this.#options;
    const first = generation * LANE_SEQ_SPAN + base;
    const news: Flow[] = [];
    for (const [i, record] of records.entries()) {
      const decoded = await readRecord(this.#options, this.#isOver, () =>
        codec.decodeFlow(this.#topic, record, first + i),
      );
      const reason = decoded.kind === 'foreign' ? decoded.reason : this.#disowned(decoded);
      if (reason !== null || decoded.kind === 'foreign') {
        const place = [this.#stage, this.#topic, this.#lane, base + i] as const;
        foreign(record, foreignRow(this.#options, ...place, record, reason ?? ''));
        continue;
      }
      const flow = decoded.value;
      // Raw has many writers; that none of it is lost its offsets say.
      const reception = this.#reception.receive(flow.seq, this.#topic === 'raw' ? -1 : flow.prev);
      if (reception === 'repeat') measures.repeats++;
      else if (reception === 'gap') {
        throw gap(
          this.#options,
          this.#stage,
          this.#topic,
          this.#lane,
          base + i,
          flow.prev,
          this.#reception.last,
        );
      } else {
        if (decoded.kind === 'unreadable') {
          flow.payload = record.value;
          reject(flow, this.#stage, 'unreadable', decoded.reason);
        }
        if (flow.trace !== null) flow.trace = this.#hops.read(flow.trace, this.#place, base + i);
        news.push(flow);
      }
    }
    return news;
  }

  /** Why a record with lane fields can't be of the lane's writer; null: it can. */
  #disowned(decoded: Exclude<Decoded<Flow>, { readonly kind: 'foreign' | 'unknown_schema' }>): string | null {
    const { seq, prev } = decoded.value;
    if (!isOfGeneration(seq, this.#options.generation)) return 'its lane_seq is of another generation';
    // What is damaged may have any lane fields: only those that go on from the last one are believed.
    const goesOn = this.#topic === 'raw' || (prev === this.last && seq > prev);
    return decoded.kind === 'value' || goesOn ? null : decoded.reason;
  }
}
