import type { DeadLetterCode } from '@millrace/lanes/codes';
import type { Fault } from '@millrace/pipeline/event-codec';

/** Faults that a dead letter names one by one; of the rest it says how many. */
const FAULTS_NAMED_MAX = 20;

/** The first fault's: a dead letter has one code. */
export function faultCode(faults: readonly Fault[]): DeadLetterCode {
  const first = faults[0];
  if (first === undefined) throw new Error('an event that does not fit the schema came without a fault');
  return first.code as DeadLetterCode;
}

/** `items[2].price: wants a double, found "abc"; currency: is missing` */
export function faultMessage(faults: readonly Fault[]): string {
  const named = faults
    .slice(0, FAULTS_NAMED_MAX)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const more = faults.length - named.length;
  return named.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
