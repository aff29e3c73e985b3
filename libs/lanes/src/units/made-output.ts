import { type MadeId, NOTHING_MADE } from '../accept.ts';
import type { LaneCodec, MadeContent, MadeTopic } from '../lane-codec.ts';
import type { Outbox } from '../outbox.ts';
import type { LogRecord } from '../ports/log.ts';

/**
 * Numbers what one writer makes (lane rule 4): per (topic, lane) an index for each thing that a record causes, and
 * what went before it.
 */
export class MadeOutput {
  readonly #codec: LaneCodec;
  readonly #outbox: Outbox;
  readonly #pipeline: string;
  readonly #writer: (topic: MadeTopic) => number;
  readonly #time: () => number;
  readonly #prev: Map<string, MadeId>;
  /** Of the record at hand. */
  #seq = -1;
  #timestampMs = 0;
  readonly #indexes = new Map<string, number>();

  constructor(
    options: { readonly codec: LaneCodec; readonly outbox: Outbox; readonly pipeline: string },
    writer: (topic: MadeTopic) => number,
    /** The watermark after the record at hand. */
    time: () => number,
    saved: readonly (readonly [string, MadeId])[],
  ) {
    this.#codec = options.codec;
    this.#outbox = options.outbox;
    this.#pipeline = options.pipeline;
    this.#writer = writer;
    this.#time = time;
    this.#prev = new Map(saved);
  }

  /** The record that causes what is added from now on. */
  causedBy(seq: number, timestampMs: number): void {
    this.#seq = seq;
    this.#timestampMs = timestampMs;
    this.#indexes.clear();
  }

  /** `headers`: where it is sampled. */
  add(
    topic: MadeTopic,
    lane: number,
    content: MadeContent,
    headers: LogRecord['headers'] | null = null,
  ): void {
    const place = `${topic}/${lane}`;
    const index = this.#indexes.get(place) ?? 0;
    this.#indexes.set(place, index + 1);
    const [prevSeq, prevIndex] = this.#prev.get(place) ?? NOTHING_MADE;
    const made = {
      seq: this.#seq,
      index,
      writer: this.#writer(topic),
      prevSeq,
      prevIndex,
      time: this.#time(),
    };
    const record = this.#codec.encodeMade(topic, { made, content }, this.#timestampMs);
    this.#outbox.add(`${this.#pipeline}.${topic}`, lane, headers ? { ...record, headers } : record);
    this.#prev.set(place, [this.#seq, index]);
  }

  saved(): (readonly [string, MadeId])[] {
    return [...this.#prev];
  }
}
