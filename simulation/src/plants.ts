import type { Plant } from './plant.ts';
import { ingestRules } from './plants/ingest.ts';
import { laneRules } from './plants/lane-rules.ts';
import { stateRules } from './plants/state.ts';
import { timeRules } from './plants/time.ts';
import { windowRules } from './plants/windows.ts';

/** Every planted bug; each file in `plants/` breaks the rules of one chapter. */
export const plants: readonly Plant[] = [
  ...laneRules,
  ...stateRules,
  ...timeRules,
  ...windowRules,
  ...ingestRules,
];
