import type { DetectorKind } from './detector-kind.ts';
import { zscore } from './detectors/zscore.ts';

/** Every method that a detector may name. */
// Each keeps its own configuration and state, which only it looks into.
export const detectors: readonly DetectorKind[] = [zscore] as unknown as DetectorKind[];
