import type { LaneCodec } from '@millrace/lanes/lane-codec';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import { registerSchemas } from '@millrace/lanes/record-schemas';
import { createRecordCodec } from '@millrace/lanes/records';
import { retrying } from '@millrace/lanes/retrying';
import type { Plan } from '@millrace/pipeline/plan';

/** Opens codecs for the processes of a run. */
export type OpenCodec = (registry: SchemaRegistry, clock: Clock) => Promise<LaneCodec>;

/**
 * Each process registers the schemas for itself (a registry out of reach is waited for); the codec, which knows
 * nothing else, is made once for all of them, since compiling schemas would take most of a run's time.
 */
export function createCodecs(plan: Plan): OpenCodec {
  let codec: LaneCodec | null = null;
  return async (registry, clock) => {
    const ids = await retrying({ clock, isOver: () => false }, () => registerSchemas(registry, plan));
    codec ??= createRecordCodec({ plan, ids, registry });
    return codec;
  };
}
