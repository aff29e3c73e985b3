import type { LaneSnapshot } from '@millrace/lanes/pipeline-status';

/** The stages of a pipeline at work, fused or not. */
export interface Runner {
  /** Until it is stopped; rejects when it can't go on. */
  readonly finished: Promise<void>;
  lanes(): readonly LaneSnapshot[];
  /** Records that wait before each stage; undefined: fused, where only raw can wait. */
  lags(): Readonly<Record<string, number>> | undefined;
  /** Ends after what is under way, committed. */
  stop(): Promise<void>;
}

/** Records that wait anywhere. */
export function behind(runner: Runner): number {
  const lags = runner.lags();
  if (lags !== undefined) return Object.values(lags).reduce((sum, lag) => sum + lag, 0);
  return runner.lanes().reduce((sum, { lag }) => sum + lag, 0);
}
