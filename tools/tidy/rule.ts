import type { Repository } from './repository.ts';

export interface Fault {
  path: string;
  /** From 1; absent where the fault is the file itself. */
  line?: number;
  /** What is wrong and what to do, in one line. */
  message: string;
}

/** One house rule. Pure: the same repository gives the same faults, in the order of its files. */
export type Rule = (repository: Repository) => Fault[];
