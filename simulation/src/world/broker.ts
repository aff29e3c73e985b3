import type { LogBatch, LogRecord, Position } from '@millrace/lanes/ports/log';

/** The server side of the simulated log: what it holds is what survives every process. */
export interface Broker {
  readonly lanes: number;
  append(topic: string, lane: number, records: readonly LogRecord[]): number;
  /** Out of range (truncated or recreated since), it answers from where the lane now starts, as kafkajs does. */
  read(topic: string, lane: number, from: number, maxRecords: number): LogBatch;
  bounds(topic: string, lane: number): { readonly start: number; readonly end: number };
  /** Calls back once, when the lane has grown. */
  onGrowth(topic: string, lane: number, callback: () => void): void;
  committed(group: string, topic: string, lane: number): Position | null;
  commit(group: string, topic: string, lane: number, position: Position): void;
  /** Retention took everything before `start`. */
  truncate(topic: string, lane: number, start: number): void;
  /** An unclean restart lost the newest records: their offsets will be given again. */
  cut(topic: string, lane: number, end: number): void;
  /** The next append to the lane is acknowledged and lost: what must never happen, and be noticed if it does. */
  swallow(topic: string, lane: number): void;
  /** Somebody deleted the topic; it was made again, empty. */
  recreate(topic: string): void;
  topics(): readonly string[];
}

interface Lane {
  start: number;
  records: LogRecord[];
  waiting: (() => void)[];
}

export function createBroker(lanes: number): Broker {
  const topics = new Map<string, Lane[]>();
  const positions = new Map<string, Position>();
  const swallowing = new Set<string>();

  function laneOf(topic: string, lane: number): Lane {
    let all = topics.get(topic);
    if (all === undefined) {
      all = Array.from({ length: lanes }, () => ({ start: 0, records: [], waiting: [] }));
      topics.set(topic, all);
    }
    const found = all[lane];
    if (found === undefined) throw new RangeError(`${topic} has no lane ${lane}`);
    return found;
  }

  return {
    lanes,
    append(topic, lane, records) {
      const log = laneOf(topic, lane);
      const base = log.start + log.records.length;
      if (swallowing.delete(`${topic}/${lane}`)) return base;
      log.records.push(...records);
      for (const wake of log.waiting.splice(0)) wake();
      return base;
    },
    read(topic, lane, from, maxRecords) {
      const log = laneOf(topic, lane);
      const end = log.start + log.records.length;
      const base = from < log.start || from > end ? log.start : from;
      return { base, records: log.records.slice(base - log.start, base - log.start + maxRecords), end };
    },
    bounds(topic, lane) {
      const log = laneOf(topic, lane);
      return { start: log.start, end: log.start + log.records.length };
    },
    onGrowth(topic, lane, callback) {
      laneOf(topic, lane).waiting.push(callback);
    },
    committed: (group, topic, lane) => positions.get(`${group}/${topic}/${lane}`) ?? null,
    commit(group, topic, lane, position) {
      positions.set(`${group}/${topic}/${lane}`, position);
    },
    truncate(topic, lane, start) {
      const log = laneOf(topic, lane);
      log.records.splice(0, start - log.start);
      log.start = start;
    },
    cut(topic, lane, end) {
      const log = laneOf(topic, lane);
      log.records.splice(end - log.start);
    },
    swallow(topic, lane) {
      swallowing.add(`${topic}/${lane}`);
    },
    recreate(topic) {
      for (let lane = 0; lane < lanes; lane++) {
        const log = laneOf(topic, lane);
        log.start = 0;
        log.records = [];
      }
    },
    topics: () => [...topics.keys()],
  };
}
