import { Problem } from '@millrace/ingest/problem';
import type { Receipt, Receiver } from '@millrace/ingest/receiver';
import type { Scheduler } from '../world/scheduler.ts';
import type { RequestScript } from './script.ts';

/** The senders of an HTTP source. Each sends its request again, to whoever is there, until it is answered. */
export interface Clients {
  readonly answered: ReadonlyMap<string, Receipt>;
  /** Requests that nobody has answered yet. */
  open(): number;
}

const PATIENCE_MS = 2500;
const REFUSED_FOR_GOOD = 400;

export function startClients(
  scheduler: Scheduler,
  requests: readonly RequestScript[],
  receiver: () => Receiver | null,
  /** Just now one of them was told that its events are safe. */
  onAnswered: () => void,
): Clients {
  const answered = new Map<string, Receipt>();
  const nothing: Receipt = { accepted: 0, rejected: [] };

  function send(request: RequestScript): void {
    if (answered.has(request.key)) return;
    scheduler.after(PATIENCE_MS, `${request.key} again`, () => send(request));
    void receiver()
      ?.receive({
        body: bodyOf(request),
        contentType: 'application/x-ndjson',
        idempotencyKey: request.key,
        trace: null,
      })
      .then(
        (receipt) => {
          answered.set(request.key, receipt);
          onAnswered();
        },
        (problem: unknown) => {
          if (!(problem instanceof Problem)) throw problem;
          if (problem.statusCode === REFUSED_FOR_GOOD) answered.set(request.key, nothing);
        },
      );
  }

  for (const request of requests) scheduler.after(request.at, `${request.key} first`, () => send(request));
  return { answered, open: () => requests.filter(({ key }) => !answered.has(key)).length };
}

function bodyOf({ events }: RequestScript): Buffer {
  return Buffer.concat(events.flatMap((event) => [event, Buffer.from('\n')]));
}
