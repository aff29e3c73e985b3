import { PACE_MS } from './client-settings.ts';

/** Keeps the fetches of a consumer apart: kafkajs fetches again when all handlers of a fetch are done. */
export interface FetchPace {
  /** A fetch has been answered. */
  fetched(): void;
  /** For the handlers, after they have passed on what was fetched. Nothing to wait for unless fetches come fast. */
  pause(): Promise<void> | undefined;
}

export function createFetchPace(): FetchPace {
  let lastMs = Number.NEGATIVE_INFINITY;
  let untilMs = Number.NEGATIVE_INFINITY;
  let pausing: Promise<void> | undefined;
  return {
    fetched() {
      untilMs = lastMs + PACE_MS;
      lastMs = performance.now();
    },
    pause() {
      const waitMs = untilMs - performance.now();
      if (waitMs <= 0) return undefined;
      pausing ??= new Promise((resolve) => {
        setTimeout(() => {
          pausing = undefined;
          resolve();
        }, waitMs);
      });
      return pausing;
    },
  };
}
