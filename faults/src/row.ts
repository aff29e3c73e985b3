import type { Random } from '@millrace/simulation/random';
import type { World } from './world.ts';

/** What a row has to work with. */
export interface Stage {
  readonly world: World;
  readonly random: Random;
  /** Says that a fault begins at this moment: the signal follows at once. */
  strike(): void;
  /** Says from when on recovery counts for the fault that was begun last. Default: from its beginning. @param atMs default: now */
  mended(atMs?: number): void;
  /** Waits until every lane has routed an event that was sent after the fault was begun. */
  untilRouted(): Promise<void>;
  progress(line: string): void;
}

/** A fault, and the way back. */
export interface Row {
  readonly name: string;
  readonly brokers: 1 | 3;
  /** Returns once everything runs again that did before. */
  act(stage: Stage): Promise<void>;
}
