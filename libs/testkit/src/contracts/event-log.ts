import { consuming, failures, sharing } from './log-consuming.ts';
import { appendAndRead, positions } from './log-reading.ts';
import { type Define, type EventLogFixture, onFixture } from './log-trial.ts';
import { type ContractOptions, contract } from './suite.ts';

export type { EventLogFixture };

/** What every EventLog promises. */
export function eventLogContract(
  name: string,
  make: () => Promise<EventLogFixture>,
  options: ContractOptions = {},
): void {
  contract(name, options, (check) => {
    const define: Define = (title, run) => check(title, () => onFixture(make, run));
    appendAndRead(define);
    positions(define);
    consuming(define);
    failures(define);
    sharing(define);
  });
}
