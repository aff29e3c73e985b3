import { type Counts, zeroCounts } from '@millrace/lanes/audit';
import { NO_TIME } from '@millrace/lanes/flow';
import type { Measures, Meter } from '@millrace/lanes/measures';
import type { Clock } from '@millrace/lanes/ports/clock';
import {
  type ConsumeOptions,
  type EventLog,
  type LaneReader,
  LaneStopped,
  type LogRecord,
} from '@millrace/lanes/ports/log';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { LaneStatus } from '@millrace/lanes/status';
import { WAITING_CODES } from '@millrace/lanes/waiting-lanes';
import type { LaneStanding } from '@millrace/lanes/worker-options';

/**
 * A lane of ours that can't be taken over is tried again within seconds. One that has not been tried for so long has
 * gone to another process, which no reader was there to be told of.
 */
const GONE_AFTER_MS = 15_000;

/** Where one lane of one topic stands in this process. */
export interface LaneEntry {
  readonly stage: string;
  readonly topic: string;
  readonly lane: number;
  /** This process has it now. */
  held: boolean;
  /** The next offset to read; -1: not known yet. */
  offset: number;
  counts: Readonly<Counts> | null;
  view: LaneStanding['view'];
  /** Why it waits for a person; null: it does not. */
  stopped: LaneStatus['stopped'];
  /** Since when; meaningless while it is not. */
  stoppedMs: number;
  /** What failed last and is tried again; null: nothing. */
  failing: string | null;
  /** When it last failed; infinite while it is being taken over. */
  triedMs: number;
}

/** What a process knows of its lanes, from what passes between the kernel and the log. */
export interface LaneBoard {
  /** The log, observed: latencies, ends, take-overs, failures. */
  observe(log: EventLog): EventLog;
  saved(standing: LaneStanding): void;
  stopped(stage: string, topic: string, lane: number, error: Error): void;
  entries(): readonly LaneEntry[];
  /** The offset that the next record of a lane gets, as far as known here; 0: nothing is known. */
  end(topic: string, lane: number): number;
  ends(): ReadonlyMap<string, number>;
}

export interface LaneBoardParts {
  readonly pipeline: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly measures: Measures;
}

export function createLaneBoard({ pipeline, clock, logger, measures }: LaneBoardParts): LaneBoard {
  const entries = new Map<string, LaneEntry>();
  const ends = new Map<string, number>();

  const stageOf = (group: string): string => group.slice(pipeline.length + 1).split('.')[0]!;

  function entryOf(stage: string, topic: string, lane: number): LaneEntry {
    const key = `${topic}/${lane}`;
    let entry = entries.get(key);
    if (entry === undefined) {
      entry = {
        stage,
        topic,
        lane,
        held: false,
        offset: -1,
        counts: null,
        view: null,
        stopped: null,
        stoppedMs: 0,
        failing: null,
        triedMs: Number.NEGATIVE_INFINITY,
      };
      entries.set(key, entry);
    }
    return entry;
  }

  function grow(topic: string, lane: number, end: number): void {
    const key = `${topic}/${lane}`;
    if (end > (ends.get(key) ?? 0)) ends.set(key, end);
  }

  function stop(entry: LaneEntry, error: Error): void {
    const code = error instanceof LaneStopped ? error.code : 'failed';
    if (entry.stopped?.code !== code) {
      const { stage, topic, lane } = entry;
      logger.error({ stage, topic, lane, code }, `a lane has stopped: ${error.message}`);
      entry.stoppedMs = clock.now();
    }
    entry.stopped = { code, message: error.message };
  }

  function failed(entry: LaneEntry, error: Error): void {
    entry.held = false;
    entry.triedMs = clock.now();
    if (error instanceof LaneStopped || entry.stopped !== null) return;
    // A lane that goes elsewhere ends its batch with an error, too.
    if (error.name === 'LaneReleased') return;
    const { stage, topic, lane } = entry;
    if (entry.failing !== error.message) {
      logger.warn({ err: error, stage, topic, lane }, 'a lane failed; it is taken over again');
    }
    entry.failing = error.message;
  }

  function forgetGone(entry: LaneEntry): void {
    if (entry.held || clock.now() - entry.triedMs < GONE_AFTER_MS) return;
    entry.failing = null;
    // The others are of lanes that this process does not try again.
    if (entry.stopped !== null && WAITING_CODES.has(entry.stopped.code)) entry.stopped = null;
  }

  function watch(reader: LaneReader, entry: LaneEntry): LaneReader {
    const meter = entry.stage === 'route' ? null : meterOf(measures, entry.stage);
    // What a reader still says once another one may have the lane is no word on the lane.
    let current = true;
    function fail(error: Error): Error {
      if (current) failed(entry, error);
      current = false;
      return error;
    }
    return {
      from: reader.from,
      async batch(batch) {
        grow(entry.topic, entry.lane, batch.end);
        try {
          await reader.batch(batch);
        } catch (error) {
          throw fail(error as Error);
        }
        if (meter !== null) note(meter, batch.records, clock.now());
      },
      released() {
        if (current) entry.held = false;
        current = false;
        return reader.released();
      },
      ...(reader.failed !== undefined && { failed: reader.failed.then(fail) }),
    };
  }

  function consume(log: EventLog, options: ConsumeOptions): ReturnType<EventLog['consume']> {
    const { group, topic } = options;
    const stage = stageOf(group);
    return log.consume({
      group,
      topic,
      async takeOver(lane) {
        const entry = entryOf(stage, topic, lane);
        entry.triedMs = Number.POSITIVE_INFINITY;
        try {
          const reader = await options.takeOver(lane);
          entry.held = true;
          entry.failing = null;
          entry.stopped = null;
          return watch(reader, entry);
        } catch (error) {
          failed(entry, error as Error);
          throw error;
        }
      },
      onStopped(lane, error) {
        stop(entryOf(stage, topic, lane), error);
        options.onStopped(lane, error);
      },
    });
  }

  return {
    observe: (log) => ({
      async append(topic, lane, records) {
        const base = await log.append(topic, lane, records);
        grow(topic, lane, base + records.length);
        return base;
      },
      consume: (options) => consume(log, options),
      committed: (group, topic, lane) => log.committed(group, topic, lane),
      commit: (group, topic, lane, position) => log.commit(group, topic, lane, position),
      async bounds(topic, lane) {
        const bounds = await log.bounds(topic, lane);
        grow(topic, lane, bounds.end);
        return bounds;
      },
      read: (topic, lane, from, maxRecords) => log.read(topic, lane, from, maxRecords),
    }),
    saved({ stage, topic, lane, offset, counts, view }) {
      const entry = entryOf(stage, topic, lane);
      entry.offset = offset;
      entry.counts = counts;
      entry.view = view;
      entry.stopped = null;
    },
    stopped: (stage, topic, lane, error) => stop(entryOf(stage, topic, lane), error),
    entries() {
      for (const entry of entries.values()) forgetGone(entry);
      return [...entries.values()];
    },
    end: (topic, lane) => ends.get(`${topic}/${lane}`) ?? 0,
    ends: () => ends,
  };
}

/** Records that wait before the lane, as far as known here. */
export function lagOf(board: Pick<LaneBoard, 'end'>, { topic, lane, offset }: LaneEntry): number {
  return offset < 0 ? 0 : Math.max(0, board.end(topic, lane) - offset);
}

export function watermarkOf({ view }: LaneEntry): number | null {
  const watermark = view?.time.watermark ?? NO_TIME;
  return watermark === NO_TIME ? null : watermark;
}

export const countsOf = ({ counts }: LaneEntry): Readonly<Counts> => counts ?? zeroCounts();

function meterOf(measures: Measures, stage: string): Meter | null {
  return (measures.stages as Readonly<Record<string, Meter>>)[stage] ?? null;
}

function note(meter: Meter, records: readonly LogRecord[], now: number): void {
  for (const { timestampMs } of records) meter.latency(now, now - timestampMs);
}
