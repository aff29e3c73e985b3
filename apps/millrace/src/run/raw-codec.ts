import { type Flow, reject } from '@millrace/lanes/flow';
import type { LaneCodec } from '@millrace/lanes/lane-codec';
import { readSchemaId } from '@millrace/lanes/lane-fields';
import type { LogRecord } from '@millrace/lanes/ports/log';
import { LaneStopped } from '@millrace/lanes/ports/log';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import { registerSchemas } from '@millrace/lanes/record-schemas';
import { createRecordCodec } from '@millrace/lanes/records';
import type { Plan } from '@millrace/pipeline/plan';

/** Raw records of the plan, whose schemas are registered. */
export interface RawCodec {
  readonly lanes: LaneCodec;
  /** Decodes events with all their fields, for people. */
  readonly whole: LaneCodec;
  encodeRaw(flow: Flow): Uint8Array;
  decodeRaw(record: LogRecord, seq: number): Flow;
  /** False: a tick or an opening. */
  isEvent(record: LogRecord): boolean;
}

const TIME_RECORDS: ReadonlySet<string> = new Set(['Tick', 'Opened']);

/** Rejects with `SchemaIncompatible` when what the folder holds could not be read any more. */
export async function openRawCodec(plan: Plan, registry: SchemaRegistry): Promise<RawCodec> {
  const ids = await registerSchemas(registry, plan);
  const lanes = createRecordCodec({ plan, ids, registry });
  const whole = createRecordCodec({ plan, ids, registry, allFields: true });
  const times = new Set<number>();
  // The embedded registry counts ids from 1: with all of them known, no record has to wait for its schema.
  for (let id = 1; id <= Math.max(...ids.values()); id++) {
    const { name } = ((await registry.schema(id)) ?? {}) as { readonly name?: string };
    if (name !== undefined && TIME_RECORDS.has(name)) times.add(id);
    await Promise.all([lanes.learn(id), whole.learn(id)]);
  }
  return {
    lanes,
    whole,
    encodeRaw: (flow) => lanes.encodeFlow('raw', flow).value,
    decodeRaw(record, seq) {
      const decoded = lanes.decodeFlow('raw', record, seq);
      switch (decoded.kind) {
        case 'value':
          return decoded.value;
        case 'unreadable':
          decoded.value.payload = record.value;
          return reject(decoded.value, 'validate', 'unreadable', decoded.reason);
        default:
          throw new LaneStopped('foreign_record', foreignMessage(plan, seq));
      }
    },
    isEvent: ({ value }) => !times.has(readSchemaId(value) ?? 0),
  };
}

/** A data folder has one writer, so that nobody else's records can be in it. */
function foreignMessage({ pipeline }: Plan, seq: number): string {
  return `record ${seq} of ${pipeline}.raw was not written by this pipeline: the data folder is another pipeline's, or of a version that is not known. Use the folder's own document, or an empty folder (--data).`;
}
