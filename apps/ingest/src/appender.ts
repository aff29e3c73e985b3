import { APPEND_BYTES_MAX, APPEND_RECORDS_MAX } from '@millrace/lanes/bounds';
import type { Flow } from '@millrace/lanes/flow';
import { laneOf } from '@millrace/lanes/murmur2';
import type { Clock } from '@millrace/lanes/ports/clock';
import { type EventLog, LaneStopped, type LogRecord } from '@millrace/lanes/ports/log';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { Tracer } from '@millrace/lanes/ports/tracer';
import { retrying } from '@millrace/lanes/retrying';
import { traceHeaders } from '@millrace/lanes/trace-context';
import { createSends, type Sends } from './sends.ts';

export interface AppenderOptions {
  readonly log: EventLog;
  readonly topic: string;
  readonly lanes: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly encodeRaw: (flow: Flow) => Uint8Array;
  readonly tracer: Tracer;
  readonly pipeline: string;
}

/**
 * The output layer: raw records to their lanes. Per lane one append is under way; what comes meanwhile goes with
 * the next one. An append whose outcome is unknown is sent again as it was, so the order in a lane never changes
 * and readers see at most a repeat.
 */
export interface Appender {
  /**
   * Encodes the records now and queues each for its key's lane, after all that were given before. Resolves when
   * every one is durable; rejects when a lane can't go on (`LaneStopped`).
   */
  append(flows: readonly Flow[]): Promise<void>;
  /** The same record into every lane. */
  broadcast(flow: Flow): Promise<void>;
  /** Into this lane, whatever the records' keys are. */
  appendTo(lane: number, flows: readonly Flow[]): Promise<void>;
  /** An append that fails is not sent again: whoever waits for it hears of it (`LaneReleased`). */
  abandon(): void;
  /** What has been queued and is not acknowledged. */
  readonly waiting: { readonly records: number; readonly bytes: number };
}

/** What one call contributed: resolves when all of its lanes have acknowledged their share. */
interface Contribution {
  lanesLeft: number;
  resolve(): void;
  reject(error: Error): void;
}

interface Lane {
  readonly number: number;
  readonly sends: Sends;
  queue: LogRecord[];
  /** Contributions in order, each with how many records had been queued when its last one was. */
  shares: { readonly upTo: number; readonly contribution: Contribution }[];
  queued: number;
  acknowledged: number;
  sending: boolean;
  refusing: boolean;
  /** Records of the call at hand. */
  fresh: number;
  failed: Error | null;
}

export function createAppender(options: AppenderOptions): Appender {
  const lanes = Array.from({ length: options.lanes }, (_, number) =>
    createLane(number, createSends({ ...options, lane: number })),
  );
  const waiting = { records: 0, bytes: 0 };
  let abandoned = false;

  function enqueue(lane: Lane, value: Uint8Array, flow: Flow): void {
    const record: LogRecord =
      flow.trace === null
        ? { value, timestampMs: flow.ingestTime }
        : {
            value,
            timestampMs: flow.ingestTime,
            headers: traceHeaders(lane.sends.start(flow, flow.trace, lane.queued)),
          };
    lane.queue.push(record);
    lane.queued += 1;
    lane.fresh += 1;
    waiting.records += 1;
    waiting.bytes += value.length;
  }

  function contribute(touched: readonly Lane[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const contribution: Contribution = { lanesLeft: touched.length, resolve, reject };
    if (touched.length === 0) resolve();
    for (const lane of touched) {
      lane.fresh = 0;
      lane.shares.push({ upTo: lane.queued, contribution });
      if (lane.failed !== null) fail(lane, lane.failed);
      else if (!lane.sending) void send(lane);
    }
    return promise;
  }

  async function send(lane: Lane): Promise<void> {
    lane.sending = true;
    // One turn later, so that records of this turn go together.
    await null;
    try {
      while (lane.queue.length > 0) {
        const [batch, bytes] = takeBatch(lane);
        const offset = await sendBatch(lane, batch);
        const from = lane.acknowledged;
        lane.acknowledged += batch.length;
        lane.sends.acknowledged(from, lane.acknowledged, offset);
        waiting.records -= batch.length;
        waiting.bytes -= bytes;
        acknowledge(lane);
      }
    } catch (error) {
      fail(lane, error instanceof Error ? error : new Error(String(error)));
    }
    lane.sending = false;
  }

  /** @returns the offset of the first. */
  async function sendBatch(lane: Lane, batch: readonly LogRecord[]): Promise<number> {
    const { clock, log, logger, topic } = options;
    const offset = await retrying(
      {
        clock,
        isOver: () => abandoned,
        onRetry(error) {
          if (lane.refusing) return;
          lane.refusing = true;
          logger.warn(
            { err: error, topic, lane: lane.number, records: batch.length },
            'the log did not acknowledge an append; sending it again until it does',
          );
        },
      },
      () => log.append(topic, lane.number, batch).catch(refusedForGood),
    );
    if (lane.refusing) logger.info({ topic, lane: lane.number }, 'the log acknowledges again');
    lane.refusing = false;
    return offset;
  }

  function fail(lane: Lane, error: Error): void {
    lane.failed = error;
    lane.queue = [];
    lane.sends.failed(error);
    for (const { contribution } of lane.shares.splice(0)) contribution.reject(error);
  }

  return {
    append(flows) {
      // All before the first is queued: one that can't be encoded must leave no half of a call behind.
      const values = flows.map((flow) => options.encodeRaw(flow));
      const touched: Lane[] = [];
      for (const [i, flow] of flows.entries()) {
        const lane = lanes[laneOf(flow.key, lanes.length)]!;
        if (lane.fresh === 0) touched.push(lane);
        enqueue(lane, values[i]!, flow);
      }
      return contribute(touched);
    },
    broadcast(flow) {
      const value = options.encodeRaw(flow);
      for (const lane of lanes) enqueue(lane, value, flow);
      return contribute(lanes);
    },
    appendTo(number, flows) {
      const lane = lanes[number]!;
      const values = flows.map((flow) => options.encodeRaw(flow));
      for (const [i, flow] of flows.entries()) enqueue(lane, values[i]!, flow);
      return contribute(flows.length === 0 ? [] : [lane]);
    },
    abandon() {
      abandoned = true;
    },
    waiting,
  };
}

/** Sending it again would block the lane for ever. */
function refusedForGood(error: unknown): never {
  if (!(error instanceof RangeError)) throw error;
  throw new LaneStopped('append_refused', `${error.message}. Let the log take it, then start again.`);
}

function createLane(number: number, sends: Sends): Lane {
  return {
    number,
    sends,
    queue: [],
    shares: [],
    queued: 0,
    acknowledged: 0,
    sending: false,
    refusing: false,
    fresh: 0,
    failed: null,
  };
}

/** The first records of the queue that one append may hold, at least one, and their bytes. */
function takeBatch(lane: Lane): [batch: LogRecord[], bytes: number] {
  const { queue } = lane;
  let count = 0;
  let bytes = 0;
  while (count < queue.length && count < APPEND_RECORDS_MAX) {
    const size = queue[count]!.value.length;
    if (count > 0 && bytes + size > APPEND_BYTES_MAX) break;
    bytes += size;
    count += 1;
  }
  const batch = count === queue.length ? queue : queue.slice(0, count);
  lane.queue = count === queue.length ? [] : queue.slice(count);
  return [batch, bytes];
}

function acknowledge(lane: Lane): void {
  const { shares } = lane;
  let done = 0;
  while (done < shares.length && shares[done]!.upTo <= lane.acknowledged) done += 1;
  for (const { contribution } of shares.splice(0, done)) {
    contribution.lanesLeft -= 1;
    if (contribution.lanesLeft === 0) contribution.resolve();
  }
}
