import type { PipelineStatus } from '@millrace/lanes/status';
import type { TailOptions } from '@millrace/serve/topics';

/** Where a command looks: a running pipeline over HTTP, or the data folder of one that doesn't run. */
export interface Place {
  readonly pipeline: string;
  status(): Promise<PipelineStatus>;
  /** Newest first. */
  deadLetters(limit: number): AsyncIterable<DeadLetter>;
  /** Null: there is none of that id. */
  deadLetter(id: string): Promise<DeadLetterDetail | null>;
  /** False: there is none of that id. */
  replay(id: string): Promise<boolean>;
  discard(id: string): Promise<boolean>;
  /** Records as JSON data. `end`: those to come, until the signal. */
  tail(topic: string, options: TailOptions): AsyncIterable<unknown>;
  close(): Promise<void>;
}

export interface DeadLetter {
  readonly id: string;
  readonly eventId: string;
  readonly key: string;
  readonly stage: string;
  readonly attempt: number;
  readonly code: string;
  readonly message: string;
  readonly time: number;
  readonly source: string;
  readonly contentType: string;
  /** Empty: it was not sampled. */
  readonly traceId: string;
  readonly bytes: number;
}

export interface DeadLetterDetail extends DeadLetter {
  readonly payload: { readonly text: string | null; readonly base64: string | null };
}
