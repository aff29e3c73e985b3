import { describe, test } from '@jest/globals';

/** A test of the suite that an adapter can't pass, and why. */
export interface Skip {
  readonly test: string;
  readonly reason: string;
}

export interface ContractOptions {
  readonly skips?: readonly Skip[];
  /** What one test may take, with everything that it waits for. */
  readonly timeoutMs?: number;
}

export type DefineTest = (title: string, run: () => Promise<void>) => void;

const DEFAULT_TIMEOUT_MS = 20_000;

/** One suite that every adapter of a port runs. A skip shows in the output with its reason; one of no test fails. */
export function contract(
  name: string,
  { skips = [], timeoutMs = DEFAULT_TIMEOUT_MS }: ContractOptions,
  define: (check: DefineTest) => void,
): void {
  describe(name, () => {
    const left = new Map(skips.map((skip) => [skip.test, skip.reason]));
    define((title, run) => {
      const reason = left.get(title);
      left.delete(title);
      if (reason === undefined) test(title, run, timeoutMs);
      else test.skip(`${title} (${reason})`, run);
    });
    if (left.size > 0) throw new Error(`${name}: no such test to skip: ${[...left.keys()].join('; ')}`);
  });
}
