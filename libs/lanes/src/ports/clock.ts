/** Port: the wall clock. Only ingest times, pauses and measures come from it; nothing that decides an output does. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
