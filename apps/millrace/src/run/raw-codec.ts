import { deserialize, serialize } from 'node:v8';
import type { Flow } from '@millrace/lanes/flow';
import type { LogRecord } from '@millrace/lanes/ports/log';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import type { Plan } from '@millrace/pipeline/plan';

export interface RawCodec {
  encodeRaw(flow: Flow): Uint8Array;
  decodeRaw(record: LogRecord, seq: number): Flow;
  /** False: a tick or an opening. */
  isEvent(record: LogRecord): boolean;
}

export async function openRawCodec(_plan: Plan, _registry: SchemaRegistry): Promise<RawCodec> {
  return {
    encodeRaw: (flow) => serialize(flow),
    decodeRaw: (record, seq) => Object.assign(deserialize(record.value) as Flow, { seq }),
    isEvent: (record) => !['tick', 'opened'].includes((deserialize(record.value) as Flow).kind),
  };
}
