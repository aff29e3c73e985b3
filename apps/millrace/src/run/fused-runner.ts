import { type FusedOptions, startFused } from '@millrace/lanes/fused';
import type { AcceptedEvents } from './accepted.ts';
import type { Runner } from './runner.ts';

/** All stages in one fold per lane. */
export async function startFusedRunner(options: FusedOptions, accepted: AcceptedEvents): Promise<Runner> {
  const raw = `${options.plan.pipeline}.raw`;
  await accepted.learnEnds(raw);
  const run = await startFused(options);
  async function stop(): Promise<void> {
    run.stop();
    await run.finished;
  }
  try {
    // Nothing is appended before this is done, so what is read meanwhile is counted once.
    for (const lane of run.lanes) {
      const { offset, counts } = lane.settled;
      await accepted.recount(lane.lane, offset, counts.events);
    }
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  return {
    finished: run.finished,
    lanes: () =>
      run.lanes.map((lane) => ({
        lane: lane.lane,
        counts: lane.settled.counts,
        accepted: accepted.events(lane.lane),
        lag: Math.max(0, accepted.end(raw, lane.lane) - lane.settled.offset),
        watermark: lane.view.time.watermark,
        openWindows: lane.view.openWindows(),
        stopped: null,
      })),
    lags: () => undefined,
    stop,
  };
}
