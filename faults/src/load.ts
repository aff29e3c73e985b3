import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@millrace/simulation/random';
import { SOURCE } from './document.ts';
import { closingSales, type Sale, saleAt } from './sale.ts';

export const EVENTS_PER_SECOND = 1_000;
const EVENTS_PER_REQUEST = 20;
const REQUEST_PERIOD_MS = (1_000 * EVENTS_PER_REQUEST) / EVENTS_PER_SECOND;
/** Clients wait for their answers, and so does event time: what is repeated is not late for it. */
const REQUESTS_AT_ONCE = 100;
/** Then the client takes it that there will be no answer. */
const ANSWER_WITHIN_MS = 10_000;
const PAUSE_MS = 150;

export interface LoadOptions {
  readonly pipeline: string;
  /** Ingest's replicas that are asked in turn; they may change. */
  addresses(): readonly string[];
  readonly slice: number;
  /** Begins every Idempotency-Key; no other load's. */
  readonly name: string;
  readonly random: Random;
}

export interface SentSale {
  readonly sale: Sale;
  /** Of its first try, in `performance.now()`. */
  readonly sentMs: number;
  /** Of the answer that acknowledged it; null before. */
  acknowledgedMs: number | null;
}

export interface Load {
  /** By the event's id, in the order of sending. */
  readonly sent: ReadonlyMap<string, SentSale>;
  /** Requests that had to be repeated. */
  readonly repeats: number;
  /** Begins nothing new; returns once all that was begun is acknowledged. @throws when it was refused, or the signal came */
  stop(signal: AbortSignal): Promise<void>;
  /** Sends what closes all windows of the slice, and waits for the answer; after `stop`. */
  close(signal: AbortSignal): Promise<void>;
}

/** Clients that send seeded events at a steady rate, and repeat a request until it is answered with 202. */
export function startLoad(options: LoadOptions): Load {
  const { slice, name, random } = options;
  const sent = new Map<string, SentSale>();
  const open = new Set<Promise<void>>();
  const end = new AbortController();
  let failure: Error | null = null;
  let stopped = false;
  let repeats = 0;
  let requests = 0;
  const post = createPost(options, () => {
    repeats += 1;
  });

  async function request(sales: readonly Sale[]): Promise<void> {
    const key = `${name}-${requests++}`;
    const ids = sales.map((_, index) => `${SOURCE}:${key}:${index}`);
    const sentMs = performance.now();
    for (const [i, sale] of sales.entries()) sent.set(ids[i]!, { sale, sentMs, acknowledgedMs: null });
    await post(key, sales, end.signal);
    const acknowledgedMs = performance.now();
    for (const id of ids) sent.get(id)!.acknowledgedMs = acknowledgedMs;
  }

  function begin(): void {
    const sales = Array.from({ length: EVENTS_PER_REQUEST }, (_, i) => saleAt(slice, sent.size + i, random));
    const running = request(sales)
      .catch((error: Error) => {
        failure ??= error;
      })
      .finally(() => open.delete(running));
    open.add(running);
  }

  async function pace(): Promise<void> {
    let dueMs = performance.now();
    while (!stopped && failure === null) {
      if (open.size < REQUESTS_AT_ONCE) begin();
      // What could not be sent in time is not made up for.
      dueMs = Math.max(dueMs + REQUEST_PERIOD_MS, performance.now() - 5 * REQUEST_PERIOD_MS);
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      else await sleep(0);
    }
  }
  const pacing = pace();

  async function settle(signal: AbortSignal, work: () => Promise<unknown>): Promise<void> {
    const abort = () => end.abort(new Error('not answered in time'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      await work();
    } finally {
      signal.removeEventListener('abort', abort);
    }
    if (failure !== null) throw failure;
  }

  return {
    sent,
    get repeats() {
      return repeats;
    },
    async stop(signal) {
      stopped = true;
      await pacing;
      await settle(signal, () => Promise.all(open));
    },
    close: (signal) => settle(signal, () => post(`${name}-closing`, closingSales(slice), end.signal)),
  };
}

type Post = (key: string, sales: readonly Sale[], signal: AbortSignal) => Promise<void>;

function createPost({ pipeline, addresses }: LoadOptions, onRepeat: () => void): Post {
  let turn = 0;
  return async (key, sales, signal) => {
    const body = JSON.stringify(sales);
    for (let tried = 0; ; tried += 1) {
      signal.throwIfAborted();
      if (tried > 0) onRepeat();
      const all = addresses();
      const address = all[turn++ % all.length]!;
      const answer = await ask(`${address}/v1/pipelines/${pipeline}/events/${SOURCE}`, key, body, signal);
      if (answer?.status === 202 && (answer.accepted ?? 0) === sales.length) return;
      if (answer !== null && ![202, 429, 500, 503].includes(answer.status)) {
        throw new Error(`ingest answered ${answer.status} to ${key}: ${answer.text}`);
      }
      await sleep(PAUSE_MS);
    }
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly accepted?: number;
}

/** Null: there was no answer. */
async function ask(url: string, key: string, body: string, signal: AbortSignal): Promise<Answer | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    const text = await response.text();
    if (response.status !== 202) return { status: response.status, text };
    return { status: 202, text, accepted: (JSON.parse(text) as { accepted: number }).accepted };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    void error; // Refused, cut off, or silent: no answer.
    return null;
  }
}
