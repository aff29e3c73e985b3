import type { ResultFeed } from '@millrace/lanes/feed';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { ResultStore } from '@millrace/lanes/ports/results';
import type { Status } from '@millrace/lanes/status';
import type { Plan } from '@millrace/pipeline/plan';

/** What serve shows. */
export interface Served {
  readonly pipelines: readonly ServedPipeline[];
  /** Taken for each request and once a second for the streams: cheap. */
  status(): Status;
  readonly clock: Clock;
  /** What it still waits for; null: ready. Absent: ready from the start. */
  waitingFor?(): string | null;
}

export interface ServedPipeline {
  readonly plan: Plan;
  readonly results: ResultStore;
  /** The changes of `results`. */
  readonly feed: ResultFeed;
  /** Puts a dead letter back and takes it from the list; durable when it resolves. False: there is none of that id. */
  replay(id: string): Promise<boolean>;
  /** Takes it from the list without putting it back. False: there is none of that id. */
  discard(id: string): Promise<boolean>;
}
