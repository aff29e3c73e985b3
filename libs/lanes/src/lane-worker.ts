import { BATCH_RECORDS_MAX } from './bounds.ts';
import { Hops } from './hops.ts';
import { createLaneSaver } from './lane-saver.ts';
import type { LaneUnit } from './lane-unit.ts';
import { Outbox } from './outbox.ts';
import type { LaneReader, LogBatch } from './ports/log.ts';
import { noTracer } from './ports/tracer.ts';
import { LaneReleased } from './retrying.ts';
import type { LaneStanding, WorkerOptions } from './worker-options.ts';

/** Where a lane's unit puts what it causes, and how it learns that the lane is over. */
export interface LaneLife {
  readonly outbox: Outbox;
  readonly hops: Hops;
  isOver(): boolean;
}

/**
 * Runs one unit over one lane (lane rules 1 and 5): batch by batch, first what it causes is sent and acknowledged,
 * then its position is committed, beside the batches that follow. After any failure the worker is of no use; whoever
 * drives it takes over anew.
 */
export async function createLaneWorker(
  options: WorkerOptions,
  stage: string,
  lane: number,
  openUnit: (life: LaneLife) => Promise<LaneUnit>,
): Promise<LaneReader> {
  let over = false;
  const isOver = () => over;
  const { plan, tracer = noTracer } = options;
  const hops = new Hops({ tracer, pipeline: plan.pipeline, stage, lane });
  const onRetry = (error: unknown) => options.onRetry?.(stage, lane, error, hops.any());
  const outbox = new Outbox({ log: options.log, clock: options.clock, isOver, onRetry });
  const unit = await openUnit({ outbox, hops, isOver });
  let next = unit.from;
  let taking: Promise<void> = Promise.resolve();
  options.onSaved?.(standing());
  const saver = createLaneSaver(async () => {
    const saved = standing();
    await unit.commit(saved.offset);
    options.onSaved?.(saved);
  });

  function standing(): LaneStanding {
    const { topic, counts, view = null } = unit;
    const copy = counts === undefined ? null : { ...counts, flags: { ...counts.flags } };
    return { stage, topic, lane, offset: next, counts: copy, view };
  }

  async function take(batch: LogBatch): Promise<void> {
    if (batch.base !== next) {
      throw new Error(`${stage}, lane ${lane}: the batch begins at ${batch.base}, not at ${next}`);
    }
    for (let at = 0; at < batch.records.length; at += BATCH_RECORDS_MAX) {
      if (over) throw new LaneReleased(`${stage}, lane ${lane} has gone to another owner`);
      const records = batch.records.slice(at, at + BATCH_RECORDS_MAX);
      saver.begin();
      await unit.take(records, next);
      await outbox.send();
      hops.end();
      next += records.length;
      await saver.done(records.length);
    }
  }

  return {
    from: next,
    async batch(batch) {
      taking = take(batch);
      try {
        await taking;
      } catch (error) {
        over = true;
        hops.fail(error);
        await saver.settle();
        throw error;
      }
    },
    failed: saver.failed,
    async released() {
      over = true;
      await taking.catch(() => {});
      await saver.settle();
    },
  };
}
