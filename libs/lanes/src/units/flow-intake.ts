import { type FlowReception, FlowReception as Reception } from '../accept.ts';
import { LANE_SEQ_SPAN } from '../bounds.ts';
import { type Flow, reject } from '../flow.ts';
import type { HopPlace, Hops } from '../hops.ts';
import type { FlowTopic } from '../lane-codec.ts';
import type { LogRecord } from '../ports/log.ts';
import type { WorkerOptions } from '../worker-options.ts';
import { type Foreign, foreignRow, gap, readRecord } from './reading.ts';

/** Takes a flow lane's records in: lane rules 2 and 6. */
export class FlowIntake {
  readonly #options: WorkerOptions;
  readonly #hops: Hops;
  readonly #place: HopPlace;
  readonly #stage: string;
  readonly #topic: FlowTopic;
  readonly #lane: number;
  readonly #reception: FlowReception;

  constructor(
    options: WorkerOptions,
    { hops, group }: { readonly hops: Hops; readonly group: string },
    stage: string,
    topic: FlowTopic,
    lane: number,
    last: number | null,
  ) {
    this.#options = options;
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
      const decoded = await readRecord(this.#options, () => codec.decodeFlow(this.#topic, record, first + i));
      if (decoded.kind === 'foreign') {
        foreign(
          record,
          foreignRow(this.#options, this.#stage, this.#topic, this.#lane, base + i, record, decoded.reason),
        );
        continue;
      }
      const flow = decoded.value;
      const reception = this.#reception.receive(flow.seq, flow.prev);
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
}
