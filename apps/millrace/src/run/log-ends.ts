import type { EventLog, LogRecord } from '@millrace/lanes/ports/log';

/** The log, with how far its lanes go as far as this process knows: what it read at the start and appended since. */
export interface LogEnds {
  readonly log: EventLog;
  /** The offset that the next record gets, of what has been acknowledged. */
  end(topic: string, lane: number): number;
  /** Reads where the lanes end now. To be called before the first append to the topic. */
  learn(topic: string, lanes: number): Promise<void>;
}

/** @param onAppended told of each append once it is acknowledged. */
export function trackEnds(
  log: EventLog,
  onAppended: (topic: string, lane: number, records: readonly LogRecord[]) => void,
): LogEnds {
  const ends = new Map<string, number>();
  const grow = (topic: string, lane: number, end: number): void => {
    const key = `${lane}/${topic}`;
    ends.set(key, Math.max(end, ends.get(key) ?? 0));
  };
  return {
    log: {
      async append(topic, lane, records) {
        const base = await log.append(topic, lane, records);
        grow(topic, lane, base + records.length);
        onAppended(topic, lane, records);
        return base;
      },
      consume: (options) => log.consume(options),
      committed: (group, topic, lane) => log.committed(group, topic, lane),
      commit: (group, topic, lane, position) => log.commit(group, topic, lane, position),
      bounds: (topic, lane) => log.bounds(topic, lane),
      read: (topic, lane, from, maxRecords) => log.read(topic, lane, from, maxRecords),
    },
    end: (topic, lane) => ends.get(`${lane}/${topic}`) ?? 0,
    async learn(topic, lanes) {
      for (let lane = 0; lane < lanes; lane++) grow(topic, lane, (await log.bounds(topic, lane)).end);
    },
  };
}
