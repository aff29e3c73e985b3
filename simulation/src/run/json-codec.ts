import type { Flow } from '@millrace/lanes/flow';
import type { LaneCodec, MadeRecord } from '@millrace/lanes/lane-codec';
import type { LogRecord } from '@millrace/lanes/ports/log';

/** Records as JSON text: one schema, always readable. */
export const jsonCodec: LaneCodec = {
  decodeFlow(topic, record, seq) {
    const flow = decode(record) as unknown as Flow & { payload: string | null };
    const payload =
      flow.payload === null ? null : new Uint8Array(Buffer.from(flow.payload as unknown as string, 'base64'));
    const value: Flow = { ...flow, payload, ...(topic === 'raw' && { seq, prev: -1 }) };
    if (value.event !== null) value.event.flags = value.flags;
    return { kind: 'value', value };
  },
  encodeFlow(_topic, flow) {
    const payload = flow.payload === null ? null : Buffer.from(flow.payload).toString('base64');
    return encode({ ...flow, bytes: null, payload }, flow.ingestTime);
  },
  decodeMade: (_topic, record) => ({ kind: 'value', value: decode(record) as unknown as MadeRecord }),
  encodeMade: (_topic, record, timestampMs) => encode(record, timestampMs),
  learn: async () => true,
};

function encode(value: object, timestampMs: number): LogRecord {
  return { value: new Uint8Array(Buffer.from(JSON.stringify(value))), timestampMs };
}

function decode(record: LogRecord): Record<string, unknown> {
  return JSON.parse(Buffer.from(record.value).toString());
}
