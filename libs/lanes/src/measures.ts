import type { LatencyStatus } from './status.ts';

/** Rates and latencies are over this many seconds, this one included. */
const SECONDS = 5;
/** Latency buckets: each 2^(1/4) times the one before, from 1 ms to about 12 days. */
const PER_DOUBLING = 4;
const BUCKETS = 30 * PER_DOUBLING;

/** Up to 65 s, in powers of two: what a dashboard can tell apart. */
const SHOWN_DOUBLINGS = 16;

/** How often each bucket came; those that did not are left out. */
export type RecentLatencies = readonly (readonly [bucket: number, times: number])[];

export interface LatencyHistogram {
  /** Ascending and cumulative. */
  readonly below: readonly (readonly [belowMs: number, count: number])[];
  readonly count: number;
  readonly sumMs: number;
}

interface Second {
  second: number;
  events: number;
  readonly latencies: Uint32Array;
}

/** What one stage did: a total since the start, and the last few seconds. Adding costs some nanoseconds. */
export class Meter {
  total = 0;
  #lastMs = 0;
  #lastBucket = 0;
  /** Since the start. */
  readonly #ever = new Float64Array(BUCKETS);
  #everMs = 0;
  readonly #seconds: Second[] = Array.from({ length: SECONDS }, () => ({
    second: -1,
    events: 0,
    latencies: new Uint32Array(BUCKETS),
  }));

  /** `events` were done at `nowMs`. */
  add(nowMs: number, events: number): void {
    this.total += events;
    this.#at(nowMs).events += events;
  }

  /** One event took `ms` from ingest until `nowMs`. */
  latency(nowMs: number, ms: number): void {
    // Events of a batch mostly share their latency.
    if (ms !== this.#lastMs) {
      this.#lastMs = ms;
      this.#lastBucket = ms < 1 ? 0 : Math.min(BUCKETS - 1, 1 + Math.floor(Math.log2(ms) * PER_DOUBLING));
    }
    this.#ever[this.#lastBucket]!++;
    this.#everMs += ms;
    this.#at(nowMs).latencies[this.#lastBucket]!++;
  }

  /** Events per second over the last full seconds. */
  rate(nowMs: number): number {
    const current = Math.floor(nowMs / 1000);
    let events = 0;
    for (const one of this.#seconds)
      if (one.second >= current - SECONDS + 1 && one.second < current) events += one.events;
    return events / (SECONDS - 1);
  }

  /** Null: nothing in the last seconds. Values are the buckets' upper ends, at most 19 % too high. */
  latencies(nowMs: number): LatencyStatus | null {
    return latencyOf([this.recent(nowMs)]);
  }

  /** Over the last seconds, to be added to those of other processes (`latencyOf`). */
  recent(nowMs: number): RecentLatencies {
    const current = Math.floor(nowMs / 1000);
    const sums = new Float64Array(BUCKETS);
    for (const one of this.#seconds) {
      if (one.second < current - SECONDS + 1) continue;
      for (let i = 0; i < BUCKETS; i++) sums[i]! += one.latencies[i]!;
    }
    return [...sums.entries()].filter(([, count]) => count > 0);
  }

  /** Since the start: how many took less than 1, 2, 4, … ms, all of them, and their sum in milliseconds. */
  histogram(): LatencyHistogram {
    const below: (readonly [belowMs: number, count: number])[] = [];
    let count = 0;
    for (let i = 0; i < BUCKETS; i++) {
      count += this.#ever[i]!;
      if (i % PER_DOUBLING === 0 && i <= SHOWN_DOUBLINGS * PER_DOUBLING) {
        below.push([2 ** (i / PER_DOUBLING), count]);
      }
    }
    return { below, count, sumMs: this.#everMs };
  }

  #at(nowMs: number): Second {
    const second = Math.floor(nowMs / 1000);
    const slot = this.#seconds[second % SECONDS]!;
    if (slot.second !== second) {
      slot.second = second;
      slot.events = 0;
      slot.latencies.fill(0);
    }
    return slot;
  }
}

/** Of what several processes measured. Null: nothing in the last seconds. */
export function latencyOf(all: readonly RecentLatencies[]): LatencyStatus | null {
  const sums = new Float64Array(BUCKETS);
  let count = 0;
  for (const recent of all) {
    for (const [bucket, times] of recent) {
      sums[bucket]! += times;
      count += times;
    }
  }
  return count === 0 ? null : { p50Ms: quantile(sums, count, 0.5), p99Ms: quantile(sums, count, 0.99) };
}

function quantile(sums: Float64Array, count: number, share: number): number {
  let left = share * count;
  for (let i = 0; i < BUCKETS; i++) {
    left -= sums[i]!;
    if (left <= 0) return Math.round(2 ** (i / PER_DOUBLING));
  }
  return Math.round(2 ** (BUCKETS / PER_DOUBLING));
}

/** What a process measures of a pipeline, besides what the lanes save. */
export interface Measures {
  readonly stages: {
    readonly ingest: Meter;
    readonly validate: Meter;
    readonly enrich: Meter;
    readonly aggregate: Meter;
    readonly merge: Meter;
    readonly route: Meter;
  };
  /** Records dropped because their seq was known. */
  repeats: number;
  gaps: number;
  /** By code. */
  readonly deadLetters: Map<string, number>;
}

export function createMeasures(): Measures {
  return {
    stages: {
      ingest: new Meter(),
      validate: new Meter(),
      enrich: new Meter(),
      aggregate: new Meter(),
      merge: new Meter(),
      route: new Meter(),
    },
    repeats: 0,
    gaps: 0,
    deadLetters: new Map(),
  };
}
