import type { Patch } from '@millrace/testkit/plant';

/** A bug to be planted in the real code, and the rule that it breaks: the simulation has to find each of them. */
export interface Plant extends Patch {
  readonly name: string;
  readonly rule: string;
}
