import type { ServerResponse } from 'node:http';
import type { Status } from '@millrace/lanes/status';
import { Problem } from './problem.ts';
import type { Served, ServedPipeline } from './served.ts';
import { createStreamBuffer } from './stream-buffer.ts';

/** Readers at once, all pipelines together. */
export const MAX_STREAMS = 100;
/** How often changes go out: often enough to look immediate, seldom enough to be batches. */
const FLUSH_MS = 100;
const STATUS_MS = 1_000;
/** A comment when nothing else was sent, so that proxies keep the connection and the reader sees that we live. */
const HEARTBEAT_MS = 10_000;
/** Bytes that a reader has not taken: beyond it the connection is cut, and the reader connects again. */
export const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
/** What an EventSource waits before it connects again. */
const RETRY_MS = 1_000;

export interface Streams {
  /**
   * Takes the response over and streams into it until either side ends it. Throws a `Problem`, and leaves the
   * response alone, when there are too many.
   */
  open(served: ServedPipeline, window: string | null, takeOver: () => ServerResponse): void;
  /** Ends all of them. */
  close(): void;
}

/** Server-sent events of result changes and status. One timer for all streams; none while there are none. */
export function createStreams(served: Served): Streams {
  const streams = new Set<Stream>();
  let timer: NodeJS.Timeout | null = null;
  let statusAt = 0;

  function turn(): void {
    const now = served.clock.now();
    const status = now - statusAt >= STATUS_MS || now < statusAt ? served.status() : null;
    if (status) statusAt = now;
    for (const stream of streams) stream.turn(now, status);
  }

  function remove(stream: Stream): void {
    streams.delete(stream);
    if (streams.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    open(pipeline, window, takeOver) {
      if (streams.size >= MAX_STREAMS) {
        const hint = 'Close some, or ask /windows and /alerts from time to time.';
        throw new Problem(503, 'too_many_streams', `All ${MAX_STREAMS} streams are taken.`, hint);
      }
      const response = takeOver();
      const stream = openStream(pipeline, window, response, served);
      streams.add(stream);
      response.once('close', () => {
        stream.closed();
        remove(stream);
      });
      timer ??= setInterval(turn, FLUSH_MS);
    },
    close() {
      for (const stream of streams) stream.end();
    },
  };
}

interface Stream {
  turn(now: number, status: Status | null): void;
  end(): void;
  /** The response is gone, whoever ended it. */
  closed(): void;
}

function openStream(
  { plan, feed }: ServedPipeline,
  window: string | null,
  response: ServerResponse,
  served: Served,
): Stream {
  const buffer = createStreamBuffer(plan.pipeline, window);
  const unsubscribe = feed.subscribe(buffer.add);
  let sentAt = served.clock.now();

  function send(text: string): void {
    sentAt = served.clock.now();
    response.write(text);
    // A reader that does not keep up would grow our memory; it connects again and reads what is current.
    if (response.writableLength > MAX_UNSENT_BYTES) response.destroy();
  }

  function sendStatus(status: Status): void {
    const pipelines = status.pipelines.filter(({ pipeline }) => pipeline === plan.pipeline);
    send(message('status', { ...status, pipelines }));
  }

  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // nginx otherwise holds the events back.
    'x-accel-buffering': 'no',
  });
  send(`retry: ${RETRY_MS}\n\n`);
  sendStatus(served.status());

  return {
    turn(now, status) {
      if (response.writableEnded || response.destroyed) return;
      for (const { event, data } of buffer.flush()) send(message(event, data));
      if (status) sendStatus(status);
      else if (now - sentAt >= HEARTBEAT_MS) send(':\n\n');
    },
    end: () => response.end(),
    closed: unsubscribe,
  };
}

/** JSON has no raw line breaks, so one `data:` line holds it. */
const message = (event: string, data: unknown) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
