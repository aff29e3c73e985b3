import type { Plan } from '@millrace/pipeline/plan';
import { createFlowCodec } from './flow-codec.ts';
import type { LaneCodec } from './lane-codec.ts';
import { createMadeCodec } from './made-codec.ts';
import type { SchemaRegistry } from './ports/registry.ts';
import { createRecordSchemas, type SchemaIds } from './record-schemas.ts';

export interface RecordCodecOptions {
  readonly plan: Pick<Plan, 'pipeline' | 'schemas' | 'enrich' | 'windows' | 'fieldsUsed'>;
  /** From `registerSchemas`. */
  readonly ids: SchemaIds;
  /** For records that were written with other schemas. */
  readonly registry: SchemaRegistry;
  /** For people's tools: events with all their fields, whatever the stage behind the topic needs. */
  readonly allFields?: boolean;
}

/**
 * Records as bytes: Confluent's wire format with the schemas of `deriveSchemas`. Every record begins with its lane
 * fields (`lane-fields.ts`); an event's own bytes go through the stages untouched. `traceparent` is a record header.
 */
export function createRecordCodec({ plan, ids, registry, allFields = false }: RecordCodecOptions): LaneCodec {
  const schemas = createRecordSchemas(plan, ids, registry);
  const flow = createFlowCodec(plan, schemas, allFields);
  const made = createMadeCodec(plan, schemas);
  return {
    decodeFlow: flow.decode,
    encodeFlow: flow.encode,
    decodeMade: made.decode,
    encodeMade: made.encode,
    learn: schemas.learn,
  };
}
