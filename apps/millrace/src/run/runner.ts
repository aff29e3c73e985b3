import type { LaneSnapshot } from '@millrace/lanes/pipeline-status';

/** The stages of a pipeline at work, fused or not. */
export interface Runner {
  /** Until it is stopped; rejects when it can't go on. */
  readonly finished: Promise<void>;
  lanes(): readonly LaneSnapshot[];
  /** Records that wait before each stage; undefined: fused. */
  lags(): Readonly<Record<string, number>> | undefined;
  /** Ends after what is under way, committed. */
  stop(): Promise<void>;
}
