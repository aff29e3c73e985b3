import type { Random } from '../random.ts';
import type { SimulatedProcess } from './process.ts';
import type { Scheduler } from './scheduler.ts';

/** What may become of a request, each with its probability; the rest arrives and is answered. */
export interface Faults {
  /** Answered with an error; nothing happened. */
  readonly refused: number;
  /** It happened, but the answer got lost. */
  readonly unanswered: number;
  /** The asker has long given up when it happens. */
  readonly late: number;
}

export const CALM: Faults = { refused: 0, unanswered: 0, late: 0 };

/** Longest time of one way, and how long an asker waits for an answer. Virtual milliseconds. */
const LATENCY_MS = 20;
const TIMEOUT_MS = 400;
const LATE_MS = 4000;

export interface Network {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Asks a server: `act` runs there at some time or never, its answer or error comes back at some time or never. */
  request<T>(
    asker: SimulatedProcess,
    name: string,
    act: () => T,
    failure: (message: string) => Error,
  ): Promise<T>;
  /** One way: something that the world tells a process. */
  tell(process: SimulatedProcess, name: string, message: () => void, maxMs?: number): void;
  setFaults(faults: Faults): void;
}

export function createNetwork(scheduler: Scheduler, random: Random): Network {
  let faults = CALM;

  function request<T>(
    asker: SimulatedProcess,
    name: string,
    act: () => T,
    failure: (message: string) => Error,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (message: string, delayMs: number) =>
        scheduler.after(delayMs, `${name} fails`, () =>
          asker.deliver(() => reject(failure(`${name}: ${message}`))),
        );
      const at = (delayMs: number, answered: boolean) =>
        scheduler.after(delayMs, name, () => {
          let answer: () => void;
          try {
            const value = act();
            answer = () => resolve(value);
          } catch (error) {
            answer = () => reject(error);
          }
          if (answered)
            scheduler.after(scheduler.delay(LATENCY_MS), `${name} ok`, () => asker.deliver(answer));
        });
      const fate = random.next();
      if (fate < faults.refused) fail('refused', scheduler.delay(LATENCY_MS));
      else if (fate < faults.refused + faults.unanswered) {
        at(scheduler.delay(LATENCY_MS), false);
        fail('no answer', TIMEOUT_MS);
      } else if (fate < faults.refused + faults.unanswered + faults.late) {
        fail('no answer', TIMEOUT_MS);
        at(scheduler.delay(LATE_MS), false);
      } else at(scheduler.delay(LATENCY_MS), true);
    });
  }

  return {
    scheduler,
    random,
    request,
    tell: (process, name, message, maxMs = LATENCY_MS) =>
      scheduler.after(scheduler.delay(maxMs), name, () => process.deliver(message)),
    setFaults: (next) => {
      faults = next;
    },
  };
}
