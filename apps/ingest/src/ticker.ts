import type { Clock } from '@millrace/lanes/ports/clock';
import type { Appender } from './appender.ts';
import { tickFlow } from './part.ts';
import type { Source } from './source.ts';

export interface TickerOptions {
  readonly clock: Clock;
  readonly appender: Appender;
  readonly lanes: number;
  readonly tickMs: number;
  sources(): readonly Source[];
  onFailed(error: unknown): void;
}

/** Writes each part's tick into every lane, and sees how fast the sources are. */
export interface Ticker {
  start(): void;
  stop(): Promise<void>;
  rates(): readonly { readonly source: Source; readonly perSecond: number }[];
}

const MS_PER_SECOND = 1_000;
/** How many ticks the rate is taken over. */
const RATE_TICKS = 5;

export function createTicker({ clock, appender, lanes, tickMs, sources, onFailed }: TickerOptions): Ticker {
  const stopped = Promise.withResolvers<void>();
  /** Lanes whose last ticks are not acknowledged. */
  const waiting = new Set<number>();
  let running = false;
  /** The last ticks' times with each source's events by then. */
  const history: { readonly time: number; readonly events: readonly number[] }[] = [];

  async function run(): Promise<void> {
    while (running) {
      await Promise.race([stopped.promise, clock.sleep(tickMs)]);
      if (running) tick();
    }
  }

  function tick(): void {
    const now = clock.now();
    history.push({ time: now, events: sources().map((source) => source.events) });
    if (history.length > RATE_TICKS + 1) history.shift();
    const parts = sources().flatMap((source) =>
      source.parts.filter(({ ended, ticking }) => ticking && !ended),
    );
    const flows = parts.map((part) => tickFlow(part, false, now));
    for (let lane = 0; lane < lanes; lane++) {
      // Ticks don't pile up in a lane that the log refuses, and the other lanes don't wait for it.
      if (waiting.has(lane)) continue;
      waiting.add(lane);
      appender.appendTo(lane, flows).then(() => waiting.delete(lane), onFailed);
    }
  }

  let loop: Promise<void> = Promise.resolve();
  return {
    start() {
      running = true;
      loop = run().catch(onFailed);
    },
    async stop() {
      running = false;
      stopped.resolve();
      await loop;
    },
    rates() {
      const first = history[0];
      const last = history.at(-1);
      const seconds = first && last ? (last.time - first.time) / MS_PER_SECOND : 0;
      return sources().map((source, index) => {
        const events = (last?.events[index] ?? 0) - (first?.events[index] ?? 0);
        return { source, perSecond: seconds > 0 ? events / seconds : 0 };
      });
    },
  };
}
