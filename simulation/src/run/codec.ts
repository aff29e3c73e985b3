import type { LaneCodec } from '@millrace/lanes/lane-codec';
import type { Clock } from '@millrace/lanes/ports/clock';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import { registerSchemas } from '@millrace/lanes/record-schemas';
import { createRecordCodec } from '@millrace/lanes/records';
import { retrying } from '@millrace/lanes/retrying';
import type { Plan } from '@millrace/pipeline/plan';

/** A process's codec, once its schemas are registered: a registry out of reach is waited for. */
export async function openCodec(plan: Plan, registry: SchemaRegistry, clock: Clock): Promise<LaneCodec> {
  const ids = await retrying({ clock, isOver: () => false }, () => registerSchemas(registry, plan));
  return createRecordCodec({ plan, ids, registry });
}
