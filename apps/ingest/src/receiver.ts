import type { TraceContext } from '@millrace/lanes/trace-context';
import type { EventFault } from './problem.ts';

/** One request's events, as the HTTP layer hands them on: all received, nothing looked at. */
export interface Delivered {
  readonly body: Buffer;
  readonly contentType: string;
  /** With the event's index in the request it makes the id, where the document has no `event.id`. */
  readonly idempotencyKey: string | null;
  /** Null: the request is not sampled. */
  readonly trace: TraceContext | null;
}

export interface Receipt {
  /** Durable in raw. */
  readonly accepted: number;
  readonly rejected: readonly EventFault[];
}

/** The side of a source that is sent to. */
export interface Receiver {
  readonly bodyBytesMax: number;
  /** @throws Problem 401 or 403. */
  authorize(authorization: string | undefined): void;
  /** @throws Problem 415. */
  checkContentType(contentType: string): void;
  /** Resolves when what it accepted is durable. @throws Problem when the request as a whole is refused. */
  receive(delivered: Delivered): Promise<Receipt>;
}
