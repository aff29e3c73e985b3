import type { Counts } from './audit.ts';
import type { AggregateView } from './lane-stages.ts';
import type { LogRecord } from './ports/log.ts';

/**
 * One stage on one lane between a take-over and its end: decodes and accepts what the lane brings, has it processed,
 * and says what to save. `lane-worker.ts` drives it.
 */
export interface LaneUnit {
  /** The offset that it goes on from. */
  readonly from: number;
  /** What it reads. */
  readonly topic: string;
  /** validate and aggregate: of what it has taken in. */
  readonly counts?: Readonly<Counts>;
  /** aggregate. */
  readonly view?: AggregateView;
  /** Takes in records whose first has offset `base`; what they cause is in the outbox when it resolves. */
  take(records: readonly LogRecord[], base: number): Promise<void>;
  /** Called once all that it caused is acknowledged. */
  commit(offset: number): Promise<void>;
}
