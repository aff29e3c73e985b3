import type { Flow } from '@millrace/lanes/flow';
import type { PartitionReader, TopicBatch, TopicRecord } from '@millrace/lanes/ports/topics';
import { retrying } from '@millrace/lanes/retrying';
import { TakenOver } from './saved-position.ts';
import { createSlices } from './slices.ts';
import type { SourceContext } from './source.ts';
import type { TopicPart, TopicPosition } from './topic-part.ts';

export interface TopicRunOptions {
  readonly context: SourceContext;
  /** What has to be fetched before the records can be taken; rejects when it can't be reached now. */
  readonly prepare: (records: readonly TopicRecord[]) => Promise<void>;
  readonly take: (from: TopicPart, records: readonly TopicRecord[], now: number) => Flow[];
}

export interface TopicRun {
  run(): Promise<void>;
  stop(): void;
  events(): number;
  /** The reader of a partition that has fallen to this process. */
  reader(from: TopicPart, position: TopicPosition, end: number): PartitionReader;
  /** Those that are read here. */
  readonly feeds: ReadonlySet<Feed>;
}

/** A partition while this process reads it. */
export interface Feed {
  readonly from: TopicPart;
  readonly position: TopicPosition;
  /** Everything before it is acknowledged in all lanes. */
  acknowledged: number;
  /** What is being taken; null: it waits for its next batch. */
  batch: TopicBatch | null;
  /** How many records of the batch have been handed over. */
  taken: number;
  /** More than what has been read lies in the topic. */
  behind: boolean;
  over: boolean;
  settle(error: Error | null): void;
}

/** A partition that is this close to its end has shown all that there is, as far as silence goes. */
const CAUGHT_UP_RECORDS = 1_000;
/** How long a partition that is behind is waited for, so that others do not run ahead of it in event time. */
const ABREAST_WAIT_MS = 500;

/**
 * Takes the partitions' records slice by slice, always of the partition whose events are the furthest behind in event
 * time: what waits in several partitions comes about in the order in which it happened.
 */
export function createTopicRun({ context, prepare, take }: TopicRunOptions): TopicRun {
  const { appender, bounds, clock, lag, logger, source } = context;
  const feeds = new Set<Feed>();
  const slices = createSlices();
  let stopped = false;
  let events = 0;
  let savedAt = clock.now();
  let saveFails = false;
  let wake = () => {};
  /** Since when a partition that is behind is waited for. */
  let waitingSince: number | null = null;

  async function run(): Promise<void> {
    while (!stopped) {
      const feed = next();
      if (feed === null || lag() > bounds.lagRecordsMax) await pause();
      else await takeSlice(feed);
      await slices.settle(bounds.slicesInFlightMax - 1);
      if (clock.now() - savedAt >= bounds.saveMs) await save();
    }
    for (const feed of [...feeds]) end(feed);
    await slices.settle(0);
    await save(true);
  }

  /** Of the partitions that have something, the furthest behind; null: none, or one that is behind is waited for. */
  function next(): Feed | null {
    let furthest: Feed | null = null;
    let awaited = false;
    for (const feed of feeds) {
      if (feed.batch === null) awaited ||= feed.behind;
      else if (furthest === null || feed.from.part.time < furthest.from.part.time) furthest = feed;
    }
    if (furthest === null || !awaited) {
      waitingSince = null;
      return furthest;
    }
    waitingSince ??= clock.now();
    return clock.now() - waitingSince < ABREAST_WAIT_MS ? null : furthest;
  }

  function pause(): Promise<unknown> {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    return Promise.race([woken, clock.sleep(bounds.lagPauseMs)]);
  }

  async function takeSlice(feed: Feed): Promise<void> {
    const { from, batch } = feed;
    const { records, next: behindAll } = batch!;
    const slice = records.slice(feed.taken, feed.taken + bounds.sliceRecords);
    const isOver = () => stopped || feed.over;
    try {
      await retrying({ clock, isOver, onRetry: waitFor }, () => prepare(slice));
    } catch (error) {
      if (isOver()) return;
      throw error;
    }
    // It may have gone elsewhere meanwhile.
    if (isOver()) return;
    feed.taken += slice.length;
    const isLast = feed.taken >= records.length;
    if (slice.length > 0) {
      const flows = take(from, slice, clock.now());
      events += flows.length;
      handOver(feed, isLast ? behindAll : slice.at(-1)!.offset + 1, appender.append(flows));
    } else handOver(feed, behindAll, Promise.resolve());
    if (!isLast) return;
    judgeDistance(feed, batch!.end - behindAll);
    feed.batch = null;
    feed.settle(null);
  }

  function waitFor(error: unknown): void {
    logger.warn({ err: error, source: source.name }, 'the schemas of records can’t be fetched; trying again');
  }

  function judgeDistance(feed: Feed, records: number): void {
    feed.behind = records > 0;
    feed.from.part.ticking = records <= CAUGHT_UP_RECORDS;
  }

  function handOver(feed: Feed, after: number, acknowledged: Promise<void>): void {
    slices.add(acknowledged, () => {
      feed.acknowledged = after;
    });
  }

  async function save(last = false): Promise<void> {
    savedAt = clock.now();
    for (const feed of last ? ended : feeds) {
      if (feed.acknowledged === feed.position.saved()) continue;
      try {
        await feed.position.save(feed.acknowledged);
      } catch (error) {
        // Whoever has it now begins at what is saved: what comes twice is recognised.
        if (error instanceof TakenOver) end(feed, error);
        else if (!saveFails)
          logger.warn({ err: error, source: source.name }, 'a position was not saved; it will be');
        saveFails = true;
        continue;
      }
      saveFails = false;
    }
  }

  /** Those that were read when it stopped. */
  const ended: Feed[] = [];

  function end(feed: Feed, error: Error | null = null): void {
    feed.over = true;
    feed.from.part.ticking = false;
    feeds.delete(feed);
    if (stopped) ended.push(feed);
    feed.settle(error);
    wake();
  }

  return {
    run,
    stop() {
      stopped = true;
      wake();
    },
    events: () => events,
    feeds,
    reader(from, position, endOffset) {
      const feed: Feed = {
        from,
        position,
        acknowledged: position.from,
        batch: null,
        taken: 0,
        behind: false,
        over: stopped,
        settle: () => {},
      };
      if (!stopped) feeds.add(feed);
      from.end = endOffset;
      judgeDistance(feed, endOffset - position.from);
      return {
        from: position.from,
        batch(batch) {
          if (feed.over)
            return Promise.reject(new Error(`source ${source.name}: the partition is not read here`));
          return new Promise((resolve, reject) => {
            feed.settle = (error) => (error === null ? resolve() : reject(error));
            feed.batch = batch;
            feed.taken = 0;
            from.end = batch.end;
            wake();
          });
        },
        skipped(to, count) {
          const { topic, partition } = from;
          logger.warn(
            { source: source.name, topic, partition, lost: count, to },
            `${count} offsets of topic ${topic}, partition ${partition} went by retention before they were read: raise the topic's retention, or read more often`,
          );
        },
        released() {
          if (!feed.over) end(feed);
        },
        get done() {
          return feed.position.saved();
        },
      };
    },
  };
}
