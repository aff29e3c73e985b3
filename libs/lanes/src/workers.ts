import { createLaneWorker } from './lane-worker.ts';
import type { Consumer } from './ports/log.ts';
import { openAggregateUnit } from './units/aggregate-unit.ts';
import { openFlowUnit } from './units/flow-unit.ts';
import { openMergeUnit } from './units/merge-unit.ts';
import { openRouteUnit, type RouteTopic } from './units/route-unit.ts';
import { createWaitingLanes } from './waiting-lanes.ts';
import type { WorkerOptions } from './worker-options.ts';

export type WorkerStage = 'validate' | 'enrich' | 'aggregate' | 'merge' | 'route';

const ROUTE_TOPICS: readonly RouteTopic[] = ['aggregated', 'windows', 'alerts'];

/** A consumer of a stage: what it reads, in which group, and how it opens a lane. */
interface Job {
  readonly group: string;
  readonly topic: string;
  readonly open: (
    lane: number,
    life: Parameters<typeof openMergeUnit>[2],
  ) => ReturnType<typeof openMergeUnit>;
}

/**
 * Runs stages unfused: each reads its topics lane by lane and writes the next ones, with the lane rules.
 * A lane that can't go on without a person is reported to `onStopped`; for most codes it has ended, but one without
 * its state (`state_lost`, `state_damaged`) goes on as soon as that is mended: `onSaved` then tells of it again.
 */
export async function startWorkers(
  options: WorkerOptions,
  stages: readonly WorkerStage[],
  onStopped: (stage: string, lane: number, error: Error) => void,
): Promise<Consumer> {
  const consumers: Consumer[] = [];
  for (const stage of stages) {
    for (const job of jobsOf(options, stage)) {
      const { group, topic } = job;
      const waiting = createWaitingLanes((lane, error) => onStopped(stage, lane, error));
      consumers.push(
        await options.log.consume({
          group,
          topic,
          takeOver: (lane) =>
            waiting(lane, () => createLaneWorker(options, stage, lane, (life) => job.open(lane, life))),
          onStopped: (lane, error) => onStopped(stage, lane, error),
        }),
      );
    }
  }
  return {
    async close() {
      await Promise.all(consumers.map((consumer) => consumer.close()));
    },
  };
}

function jobsOf(options: WorkerOptions, stage: WorkerStage): readonly Job[] {
  const { pipeline } = options.plan;
  const group = `${pipeline}.${stage}`;
  switch (stage) {
    case 'validate':
      return [
        { group, topic: `${pipeline}.raw`, open: (lane, life) => openFlowUnit(options, stage, lane, life) },
      ];
    case 'enrich':
      return [
        {
          group,
          topic: `${pipeline}.validated`,
          open: (lane, life) => openFlowUnit(options, stage, lane, life),
        },
      ];
    case 'aggregate':
      return [
        {
          group,
          topic: `${pipeline}.enriched`,
          open: (lane, life) => openAggregateUnit(options, lane, life),
        },
      ];
    case 'merge':
      return [
        { group, topic: `${pipeline}.partials`, open: (lane, life) => openMergeUnit(options, lane, life) },
      ];
    case 'route':
      return ROUTE_TOPICS.map((reads) => ({
        group: `${group}.${reads}`,
        topic: `${pipeline}.${reads}`,
        open: (lane, life) => openRouteUnit(options, reads, lane, life),
      }));
  }
}
