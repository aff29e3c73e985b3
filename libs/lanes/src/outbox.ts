import { APPEND_BYTES_MAX, APPEND_RECORDS_MAX } from './bounds.ts';
import type { Clock } from './ports/clock.ts';
import { type EventLog, LaneStopped, type LogRecord } from './ports/log.ts';
import { LaneReleased, retrying } from './retrying.ts';

export interface OutboxOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  /** The lane has gone to another owner: nothing more is sent. */
  isOver(): boolean;
  onRetry?(error: unknown): void;
}

interface Target {
  readonly topic: string;
  readonly lane: number;
  records: LogRecord[];
}

/**
 * What a batch of a lane causes, until all of it is acknowledged (lane rule 1). Per (topic, lane) the records go
 * out in order, in appends of bounded size strictly one after another; different lanes go side by side.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #targets: Target[] = [];
  readonly #byTopic = new Map<string, Target[]>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  add(topic: string, lane: number, record: LogRecord): void {
    const target = this.#byTopic.get(topic)?.[lane] ?? this.#target(topic, lane);
    target.records.push(record);
  }

  #target(topic: string, lane: number): Target {
    const target: Target = { topic, lane, records: [] };
    const lanes = this.#byTopic.get(topic) ?? [];
    lanes[lane] = target;
    this.#byTopic.set(topic, lanes);
    this.#targets.push(target);
    return target;
  }

  /**
   * Resolves when every record is acknowledged.
   * @throws LaneReleased when the lane is over first.
   * @throws LaneStopped `append_refused` when the log will never take a record: trying again would hide that.
   */
  async send(): Promise<void> {
    const targets = this.#targets.filter(({ records }) => records.length > 0);
    if (targets.length === 0) return;
    await Promise.all(
      targets.map(async (target) => {
        const { topic, lane, records } = target;
        target.records = [];
        for (const part of inAppends(records)) {
          if (this.#options.isOver()) throw new LaneReleased('the lane has gone to another owner');
          await retrying(this.#options, () => this.#append(topic, lane, part));
        }
      }),
    );
  }

  async #append(topic: string, lane: number, records: readonly LogRecord[]): Promise<void> {
    try {
      await this.#options.log.append(topic, lane, records);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new LaneStopped('append_refused', `${error.message}. Let the log take it, then start again.`);
    }
  }
}

/** Splits by records and bytes; one record over the bound goes alone. */
export function* inAppends(records: readonly LogRecord[]): Iterable<readonly LogRecord[]> {
  let from = 0;
  let bytes = 0;
  for (const [i, record] of records.entries()) {
    const size = recordBytes(record);
    if (i > from && (bytes + size > APPEND_BYTES_MAX || i - from >= APPEND_RECORDS_MAX)) {
      yield records.slice(from, i);
      from = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < records.length) yield from === 0 ? records : records.slice(from);
}

/** What a record takes in an append. */
export function recordBytes({ value, key, headers }: LogRecord): number {
  let size = value.length + (key?.length ?? 0);
  for (const name in headers) size += Buffer.byteLength(name) + Buffer.byteLength(headers[name]!);
  return size;
}
