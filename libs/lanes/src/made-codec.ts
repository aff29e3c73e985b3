import { compileDecode, SchemaError } from '@millrace/pipeline/avro-type';
import type { Plan } from '@millrace/pipeline/plan';
import { NO_TIME } from './flow.ts';
import type { Decoded, MadeContent, MadeRecord, MadeTopic } from './lane-codec.ts';
import { readLaneFields, readSchemaId } from './lane-fields.ts';
import type { Alert, Made, WindowResult } from './made.ts';
import type { LogRecord } from './ports/log.ts';
import type { RecordSchema, RecordSchemas } from './record-schemas.ts';
import { createRecordWriter } from './record-writer.ts';

const WINDOW_PREFIX = 'Window_';
/** In place of what can't be read. */
const NOTHING: MadeContent = { kind: 'mark', watermark: NO_TIME, idle: false };

export interface MadeCodec {
  decode(topic: MadeTopic, record: LogRecord): Decoded<MadeRecord>;
  encode(topic: MadeTopic, record: MadeRecord, timestampMs: number): LogRecord;
}

type Body = Record<string, unknown>;
type ReadContent = (
  bytes: Uint8Array,
  offset: number,
) => { readonly value: MadeContent; readonly end: number };

/** The codec of windows, alerts and partials: what stages make themselves. */
export function createMadeCodec(plan: Pick<Plan, 'windows'>, schemas: RecordSchemas): MadeCodec {
  const writer = createRecordWriter();
  const values = new Map(
    plan.windows.map(({ name, compute }) => [name, compute.map((computed) => computed.name)]),
  );
  const readers = new Map<number, ReadContent | null>();

  function readerFor(schema: RecordSchema): ReadContent | null {
    let reader = readers.get(schema.id);
    if (reader === undefined) {
      reader = compile(schema);
      readers.set(schema.id, reader);
    }
    return reader;
  }

  function compile(schema: RecordSchema): ReadContent | null {
    try {
      const decode = compileDecode<Body>(schemas.own(schema.name).body, schema.body);
      return (bytes, offset) => {
        const { value, end } = decode(bytes, offset);
        return { value: contentOf(schema.name, value), end };
      };
    } catch (error) {
      if (error instanceof SchemaError) return null;
      throw error;
    }
  }

  function contentOf(name: string, body: Body): MadeContent {
    if (name === 'Alert') {
      const { event_id: eventId, ...alert } = body;
      return { kind: 'alert', alert: { ...alert, eventId } as unknown as Alert };
    }
    if (name === 'Mark')
      return { kind: 'mark', watermark: body.watermark as number, idle: body.idle as boolean };
    if (name === 'Partial') {
      const { window, group, start, accumulators } = body as {
        window: string;
        group: string;
        start: number;
        accumulators: string;
      };
      return { kind: 'partial', window, group, start, accumulators: parseAccumulators(accumulators) };
    }
    return { kind: 'window', result: resultOf(name.slice(WINDOW_PREFIX.length), body) };
  }

  function resultOf(name: string, body: Body): WindowResult {
    const { group, start, end, revision, final } = body as unknown as WindowResult;
    const computed: Record<string, number | string | null> = {};
    for (const value of values.get(name)!) computed[value] = body[value] as number | string | null;
    return { name, group, start, end, revision, final, values: computed };
  }

  return {
    decode(topic, { value: bytes }) {
      const id = readSchemaId(bytes);
      if (id === null) return { kind: 'foreign', reason: 'it does not begin with a schema id' };
      const schema = schemas.byId(id);
      if (schema === undefined) return { kind: 'unknown_schema', id };
      if (schema === null || !isOf(topic, schema.name)) {
        return { kind: 'foreign', reason: `schema ${id} is not one of this topic` };
      }
      const lane = readLaneFields(bytes);
      if (lane === null) return { kind: 'foreign', reason: 'its lane fields can not be read' };
      const { values: at } = lane;
      const made: Made = {
        seq: at[0]!,
        index: at[1]!,
        writer: at[2]!,
        prevSeq: at[3]!,
        prevIndex: at[4]!,
        time: at[5]!,
      };
      return readContent(made, readerFor(schema), bytes, lane.end);
    },
    encode(topic, { made, content }, timestampMs) {
      const { name, body, key } = written(content);
      if (!isOf(topic, name)) throw new Error(`a ${content.kind} does not go to ${topic}`);
      const schema = schemas.own(name);
      writer.start(schema.id, [made.seq, made.index, made.writer, made.prevSeq, made.prevIndex, made.time]);
      writer.fields(schema.body, body);
      const record = { value: writer.finish(), timestampMs };
      return key === null ? record : { ...record, key: Buffer.from(key) };
    },
  };
}

function readContent(
  made: Made,
  read: ReadContent | null,
  bytes: Uint8Array,
  offset: number,
): Decoded<MadeRecord> {
  const unreadable = (reason: string): Decoded<MadeRecord> => {
    return { kind: 'unreadable', value: { made, content: NOTHING }, reason };
  };
  if (read === null) return unreadable('it was written with a schema that this plan can not read');
  try {
    const { value, end } = read(bytes, offset);
    if (end !== bytes.length) return unreadable(`${bytes.length - end} bytes are left after its fields`);
    return { kind: 'value', value: { made, content: value } };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return unreadable(error.message);
  }
}

function isOf(topic: MadeTopic, name: string): boolean {
  if (topic === 'windows') return name.startsWith(WINDOW_PREFIX);
  return topic === 'alerts' ? name === 'Alert' : name === 'Partial' || name === 'Mark';
}

/** The record's name, its fields, and its key in the topic: the group, for others' readers. */
function written(content: MadeContent): {
  readonly name: string;
  readonly body: object;
  readonly key: string | null;
} {
  switch (content.kind) {
    case 'window': {
      const { name, group, start, end, revision, final, values } = content.result;
      return {
        name: WINDOW_PREFIX + name,
        body: { ...values, group, start, end, revision, final },
        key: group,
      };
    }
    case 'alert': {
      const { eventId, ...alert } = content.alert;
      return { name: 'Alert', body: { ...alert, event_id: eventId }, key: alert.group };
    }
    case 'partial': {
      const { window, group, start, accumulators } = content;
      return {
        name: 'Partial',
        body: { window, group, start, accumulators: JSON.stringify(accumulators) },
        key: null,
      };
    }
    case 'mark':
      return { name: 'Mark', body: content, key: null };
    case 'late_merge':
      throw new Error('a late_merge is a dead letter at once; it goes to no topic');
  }
}

function parseAccumulators(text: string): readonly unknown[] {
  let accumulators: unknown;
  try {
    accumulators = JSON.parse(text);
  } catch (error) {
    throw new RangeError(`its accumulators are not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!Array.isArray(accumulators)) throw new RangeError('its accumulators are not a list');
  return accumulators;
}
