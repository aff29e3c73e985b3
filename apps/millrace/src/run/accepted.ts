import type { Meter } from '@millrace/lanes/measures';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { EventLog, LogRecord } from '@millrace/lanes/ports/log';
import { trackEnds } from './log-ends.ts';

/** What the log has acknowledged of raw, by lane: what the audit is checked against. */
export interface AcceptedEvents {
  /** The log; appends to raw are counted once they are acknowledged. */
  readonly log: EventLog;
  /** Events of a lane of raw. */
  events(lane: number): number;
  /** The offset that the next record gets, as far as acknowledged. */
  end(topic: string, lane: number): number;
  learnEnds(topic: string): Promise<void>;
  /**
   * Counts what is in the lane of raw from `offset` on, read by nobody yet, beside the `read` events before it.
   * To be called for each lane before the first append.
   */
  recount(lane: number, offset: number, read: number): Promise<void>;
}

export interface AcceptedOptions {
  readonly log: EventLog;
  readonly raw: string;
  readonly lanes: number;
  readonly clock: Clock;
  readonly meter: Meter;
  /** False: a tick or an opening, which is no event. */
  isEvent(record: LogRecord): boolean;
}

/** Records read at once while recounting. */
const RECOUNT_RECORDS = 10_000;

export function countAccepted({ log, raw, lanes, clock, meter, isEvent }: AcceptedOptions): AcceptedEvents {
  const counts = new Array<number>(lanes).fill(0);
  const ends = trackEnds(log, (topic, lane, records) => {
    if (topic !== raw) return;
    const events = records.filter(isEvent);
    counts[lane]! += events.length;
    const now = clock.now();
    meter.add(now, events.length);
    for (const { timestampMs } of events) meter.latency(now, now - timestampMs);
  });
  return {
    log: ends.log,
    events: (lane) => counts[lane]!,
    end: ends.end,
    learnEnds: (topic) => ends.learn(topic, lanes),
    async recount(lane, offset, read) {
      counts[lane] = read;
      for (let at = offset; ; ) {
        const { base, records } = await log.read(raw, lane, at, RECOUNT_RECORDS);
        if (records.length === 0) return;
        counts[lane] += records.filter(isEvent).length;
        at = base + records.length;
      }
    },
  };
}
