import { Agent, request } from 'node:http';

/** More than are ever answered late: with fewer the loop would be closed. */
const CONNECTIONS = 1_000;

export interface Load {
  readonly url: string;
  readonly perSecond: number;
  readonly events: number;
  /** The body of the `i`th request; `dueMs`: when it is to be sent, as an epoch time. */
  body(i: number, dueMs: number): string;
}

/**
 * An open loop: each event is sent when its time has come, whether or not earlier ones are answered. Latencies count
 * from that time, so a stall is seen by all that would have come meanwhile.
 * @returns when each was due, as epoch times; resolves when all are answered.
 */
export async function sendLoad({ url, perSecond, events, body }: Load): Promise<Float64Array> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const due = new Float64Array(events);
  const startMs = nowMs() + 50;
  const answered = Promise.withResolvers<void>();
  let open = events;
  const send = (i: number, again = false): void => {
    const asked = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } });
    asked.on('response', (response) => {
      response.resume();
      if (response.statusCode !== 202) answered.reject(new Error(`event ${i}: ${response.statusCode}`));
      else if (--open === 0) answered.resolve();
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // A connection that was idle may be closed by the server just when it is used: clients send again.
      if (error.code === 'ECONNRESET' && !again) send(i, true);
      else answered.reject(error);
    });
    asked.end(body(i, due[i]!));
  };
  for (let i = 0; i < events; i++) due[i] = startMs + (i * 1_000) / perSecond;
  let next = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const now = nowMs();
      while (next < events && due[next]! <= now) send(next++);
      if (next < events) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  await answered.promise;
  agent.destroy();
  return due;
}

/** Epoch milliseconds with fractions. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
