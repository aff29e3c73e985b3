import type { Meter } from '@millrace/lanes/measures';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { EventLog, LogRecord } from '@millrace/lanes/ports/log';

/** What the log has acknowledged of raw, by lane: what the audit is checked against. */
export interface AcceptedEvents {
  /** The log; appends to raw are counted once they are acknowledged. */
  readonly log: EventLog;
  events(lane: number): number;
  /** The offset that the next record gets, as far as acknowledged. */
  end(lane: number): number;
  /**
   * Counts what is in the lane from `offset` on, read by nobody yet, beside the `read` events before it.
   * To be called for each lane before the first append.
   */
  recount(lane: number, offset: number, read: number): Promise<void>;
}

export interface AcceptedOptions {
  readonly log: EventLog;
  readonly raw: string;
  readonly clock: Clock;
  readonly meter: Meter;
  /** False: a tick or an opening, which is no event. */
  isEvent(record: LogRecord): boolean;
}

/** Records read at once while recounting. */
const RECOUNT_RECORDS = 10_000;

export function countAccepted({ log, raw, clock, meter, isEvent }: AcceptedOptions): AcceptedEvents {
  const lanes = new Map<number, { events: number; end: number }>();
  const laneOf = (lane: number) => {
    const known = lanes.get(lane) ?? { events: 0, end: 0 };
    lanes.set(lane, known);
    return known;
  };
  return {
    log: {
      async append(topic, lane, records) {
        const base = await log.append(topic, lane, records);
        if (topic !== raw) return base;
        const events = records.filter(isEvent);
        const counted = laneOf(lane);
        counted.events += events.length;
        counted.end = Math.max(counted.end, base + records.length);
        const now = clock.now();
        meter.add(now, events.length);
        for (const { timestampMs } of events) meter.latency(now, now - timestampMs);
        return base;
      },
      consume: (options) => log.consume(options),
      committed: (group, topic, lane) => log.committed(group, topic, lane),
      commit: (group, topic, lane, position) => log.commit(group, topic, lane, position),
      bounds: (topic, lane) => log.bounds(topic, lane),
      read: (topic, lane, from, maxRecords) => log.read(topic, lane, from, maxRecords),
    },
    events: (lane) => laneOf(lane).events,
    end: (lane) => laneOf(lane).end,
    async recount(lane, offset, read) {
      const counted = laneOf(lane);
      counted.events = read;
      counted.end = offset;
      for (;;) {
        const { records } = await log.read(raw, lane, counted.end, RECOUNT_RECORDS);
        if (records.length === 0) return;
        counted.events += records.filter(isEvent).length;
        counted.end += records.length;
      }
    },
  };
}
