import type { SourcePlan, TimePlan } from '@millrace/pipeline/plan';
import { CLOCK_BACK_MS, SILENCE_GAP_MAX_MS } from './bounds.ts';
import { decodeJson, encodeJson } from './entries.ts';
import { type Flow, NO_POSITION, NO_TIME } from './flow.ts';
import type { LaneState, StateChanges } from './stage.ts';

interface Part {
  source: string;
  ordered: boolean;
  /** How many parts its source has. */
  parts: number;
  state: 'active' | 'idle' | 'ended';
  /** Its source does not have it any more (a file that was replaced, half read): as if it had ended. */
  gone: boolean;
  /** For the watermark, ms; grows with the silence of an unordered part. */
  time: number;
  /** Highest event time of its live events, ms. */
  last: number;
  /** Highest position seen. */
  position: number;
  /** Ingest time of its last record, ms. */
  heard: number;
  /** Ingest time without an event, ms; outages of ours left out. */
  silence: number;
}

interface Saved {
  readonly watermark: number;
  readonly idle: boolean;
  readonly parts: readonly (readonly [number, Part])[];
  readonly opening: readonly (readonly [string, number[]])[];
}

export interface LaneTimeOptions {
  readonly time: TimePlan;
  readonly sources: readonly SourcePlan[];
  /** The longest window and the largest lateness of the pipeline, ms. */
  readonly longestMs: number;
  readonly latenessMs: number;
}

/**
 * The clock of a lane: a function of the lane's records alone (docs/semantics.md, "Time of a lane").
 * It also knows each part's highest position, which tells a source's repeats.
 */
export class LaneTime implements LaneState {
  /** Event time in ms up to which the lane is complete; NO_TIME: nothing known. Never goes back. */
  watermark = NO_TIME;
  /** No part is active. */
  idle = false;
  readonly #options: LaneTimeOptions;
  readonly #parts = new Map<number, Part>();
  /** Kept apart from the map: the part of the record before, most often the next one's too. */
  #lastNumber = -1;
  #lastPart: Part | undefined;
  /** By source: its parts that have opened at this start, until all have. */
  readonly #opening = new Map<string, number[]>();
  readonly #sources: ReadonlySet<string>;
  /** What silence and ends may still add to close every open window. */
  readonly #cap: number;
  readonly #finite: boolean;
  #changed = false;

  constructor(options: LaneTimeOptions) {
    this.#options = options;
    this.#cap = options.time.outOfOrderMs + options.longestMs + options.latenessMs;
    this.#sources = new Set(options.sources.map(({ name }) => name));
    this.#finite = options.sources.length > 0 && options.sources.every((source) => source.finite);
  }

  /** True when the lane has seen this position of the record's part; otherwise the part's position moves to it. */
  isRepeatedPosition(record: Flow): boolean {
    if (record.position === NO_POSITION) return false;
    const part = this.#partOf(record);
    if (record.position <= part.position) return true;
    part.position = record.position;
    return false;
  }

  /** Notes that a part's record came in: rule 2. */
  hear(record: Flow): void {
    const part = this.#partOf(record);
    if (part.heard !== NO_TIME) {
      part.silence += Math.min(Math.max(record.ingestTime - part.heard, 0), SILENCE_GAP_MAX_MS);
    }
    const aheadMs = part.heard - record.ingestTime;
    if (aheadMs < 0 || aheadMs >= CLOCK_BACK_MS) part.heard = record.ingestTime;
    this.#changed = true;
  }

  /** A live event: rule 3. */
  event(record: Flow): void {
    const part = this.#partOf(record);
    part.silence = 0;
    if (record.eventTime > part.last) part.last = record.eventTime;
    if (record.eventTime > part.time) part.time = record.eventTime;
    if (part.state === 'idle') part.state = 'active';
    this.#advance();
  }

  opened(record: Flow): void {
    if (!this.#parts.has(record.part)) this.#open(record.part, record.source, record.ordered);
    const part = this.#partOf(record);
    part.source = record.source;
    part.parts = record.parts;
    part.gone = !this.#sources.has(record.source);
    this.#count(record);
    this.hear(record);
    this.#advance();
  }

  /** Rules 4 and 5. */
  tick(record: Flow): void {
    this.hear(record);
    const part = this.#partOf(record);
    if (part.ordered) {
      if (record.eventTime > part.time) part.time = record.eventTime;
      if (record.ended) part.state = 'ended';
    } else if (part.last !== NO_TIME && part.silence >= this.#options.time.idleMs) {
      part.state = 'idle';
      part.time = Math.max(part.time, part.last + Math.min(part.silence, this.#cap));
    }
    this.#advance();
  }

  /** The parts as people want to see them. */
  parts(): readonly {
    readonly source: string;
    readonly state: string;
    readonly time: number;
    readonly position: number;
  }[] {
    return [...this.#parts.values()].map(({ source, state, gone, time, position }) => ({
      source,
      state: gone ? 'gone' : state,
      time,
      position,
    }));
  }

  /** Once a source has opened as many parts as it says it has, its others are gone. */
  #count({ source, part: number, parts }: Flow): void {
    const before = this.#opening.get(source) ?? [];
    const opened = before.includes(number) ? [number] : [...before, number];
    this.#opening.set(source, opened);
    if (opened.length < parts) return;
    this.#opening.delete(source);
    for (const [other, part] of this.#parts) {
      if (part.source === source && !opened.includes(other)) part.gone = true;
    }
  }

  #partOf(record: Flow): Part {
    if (record.part === this.#lastNumber && this.#lastPart !== undefined) return this.#lastPart;
    this.#lastPart =
      this.#parts.get(record.part) ?? this.#open(record.part, record.source, record.position !== NO_POSITION);
    this.#lastNumber = record.part;
    return this.#lastPart;
  }

  #open(number: number, source: string, ordered: boolean): Part {
    const part: Part = {
      source,
      ordered,
      parts: 0,
      state: ordered ? 'active' : 'idle',
      gone: !this.#sources.has(source),
      time: NO_TIME,
      last: NO_TIME,
      position: NO_POSITION,
      heard: NO_TIME,
      silence: 0,
    };
    this.#parts.set(number, part);
    return part;
  }

  /** Rules 6 and 7. */
  #advance(): void {
    let lowestActive = Number.POSITIVE_INFINITY;
    let highest = NO_TIME;
    for (const part of this.#parts.values()) {
      if (part.time > highest) highest = part.time;
      if (part.state === 'active' && part.time < lowestActive && !part.gone) lowestActive = part.time;
    }
    this.idle = lowestActive === Number.POSITIVE_INFINITY;
    const known = this.idle ? highest : lowestActive;
    if (known === NO_TIME) return;
    this.#raise(known - this.#options.time.outOfOrderMs);
    if (this.#finite && this.idle && this.#allEnded()) this.#raise(highest + this.#cap);
  }

  #raise(watermark: number): void {
    if (watermark > this.watermark) this.watermark = watermark;
  }

  #allEnded(): boolean {
    const wanted = new Map<string, number>();
    let there = 0;
    for (const part of this.#parts.values()) {
      if (part.gone) continue;
      if (part.state !== 'ended') return false;
      there++;
      wanted.set(part.source, Math.max(part.parts, wanted.get(part.source) ?? 0));
    }
    let total = 0;
    for (const parts of wanted.values()) total += parts;
    return wanted.size === this.#options.sources.length && there === total;
  }

  drain(changes: StateChanges): void {
    if (!this.#changed) return;
    this.#changed = false;
    changes.put('lane', encodeJson(this.#saved()));
  }

  #saved(): Saved {
    const { watermark, idle } = this;
    return { watermark, idle, parts: [...this.#parts], opening: [...this.#opening] };
  }

  restore(_key: string, value: Uint8Array): void {
    const { watermark, idle, parts, opening } = decodeJson<Saved>(value);
    this.watermark = watermark;
    this.idle = idle;
    for (const [number, part] of parts) {
      const gone = part.gone || !this.#sources.has(part.source);
      this.#parts.set(number, { ...part, gone });
    }
    for (const [source, opened] of opening) this.#opening.set(source, opened);
  }

  size(): number {
    return this.#parts.size === 0 ? 0 : 1;
  }
}
