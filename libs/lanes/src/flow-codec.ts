import {
  compileDecode,
  fieldsOf,
  recordOf,
  SchemaError,
  type Type,
  withFields,
} from '@millrace/pipeline/avro-type';
import type { EventValue, Plan } from '@millrace/pipeline/plan';
import { refusedPayload } from './dead-letter.ts';
import { createFlow, type Flow, type FlowKind, NO_POSITION, NO_TIME } from './flow.ts';
import type { Decoded, FlowTopic } from './lane-codec.ts';
import { readLaneFields, readSchemaId } from './lane-fields.ts';
import type { LogRecord } from './ports/log.ts';
import type { RecordSchema, RecordSchemas } from './record-schemas.ts';
import { createRecordWriter } from './record-writer.ts';
import { traceHeaders, traceOf } from './trace-context.ts';

/** The record of an event in each topic. */
const EVENT_RECORDS: Readonly<Record<FlowTopic, string>> = {
  raw: 'Raw',
  validated: 'Validated',
  enriched: 'Enriched',
  aggregated: 'Aggregated',
};
/** Records that every topic may hold. */
const OTHER_KINDS: Readonly<Record<string, FlowKind>> = {
  Tick: 'tick',
  Opened: 'opened',
  Rejected: 'rejected',
  Replay: 'replay',
};
const OTHER_RECORDS: Readonly<Record<Exclude<FlowKind, 'event'>, string>> = {
  tick: 'Tick',
  opened: 'Opened',
  rejected: 'Rejected',
  replay: 'Replay',
};

export interface FlowCodec {
  decode(topic: FlowTopic, record: LogRecord, seq: number): Decoded<Flow>;
  encode(topic: FlowTopic, flow: Flow): LogRecord;
}

/** Nothing vouches for the lane fields of what is damaged in raw: they must not hold or move a part's time. */
function disown(flow: Flow, record: LogRecord): void {
  flow.part = 0;
  flow.position = NO_POSITION;
  flow.eventTime = NO_TIME;
  flow.ingestTime = record.timestampMs;
}

/** The fields of a record as Avro has them, by their names in the schema. */
interface Body extends Record<string, unknown> {
  readonly source: string;
  readonly id: string;
  readonly key: string;
  readonly digest: number;
  readonly attempt: number;
  readonly content_type: string;
  readonly payload: Uint8Array;
  readonly event: EventValue;
  readonly flags_validate: string[];
  readonly flags_enrich: string[];
  readonly late: boolean;
  readonly stage: string;
  readonly code: Flow['code'];
  readonly message: string;
  readonly ended: boolean;
  readonly part_name: string;
  readonly parts: number;
  readonly ordered: boolean;
}

type DecodeBody = (bytes: Uint8Array, offset: number) => { readonly value: Body; readonly end: number };

/**
 * The codec of raw, validated, enriched and aggregated. Of an event it decodes only what the stage that reads the topic
 * uses (`Plan.fieldsUsed`), unless `allFields`; what is written goes after the bytes that were read.
 */
export function createFlowCodec(
  plan: Pick<Plan, 'enrich' | 'fieldsUsed'>,
  schemas: RecordSchemas,
  allFields: boolean,
): FlowCodec {
  const enrichments = plan.enrich.map(({ name }) => name);
  const flagged = plan.enrich.filter(({ missing }) => missing === 'flag').map(({ name }) => name);
  const writer = createRecordWriter();
  const wholeDecoders = new Map<number, DecodeBody | null>();
  const someDecoders = new Map<number, DecodeBody | null>();
  const enrichTail = withFields(schemas.own('Enriched').body, [...enrichments, 'flags_enrich']);
  const aggregateTail = withFields(schemas.own('Aggregated').body, ['late']);

  /** Null: another schema of that name whose records can't be read as ours. */
  function decoderFor(schema: RecordSchema, names: readonly string[] | null): DecodeBody | null {
    // A schema's records are in one topic, or have no event: which names are wanted does not vary.
    const decoders = names === null ? wholeDecoders : someDecoders;
    let decode = decoders.get(schema.id);
    if (decode === undefined) {
      decode = compileOrNull(someOf(schemas.own(schema.name).body, names), schema.body);
      decoders.set(schema.id, decode);
    }
    return decode;
  }

  /** Of the event and the enrichments, only those that are named. */
  function someOf(body: Type, names: readonly string[] | null): Type {
    if (names === null) return body;
    const fields = fieldsOf(body)
      .filter(({ name }) => !enrichments.includes(name) || names.includes(name))
      .map(({ name, type }) => ({ name, type: name === 'event' ? withFields(type, names) : type }));
    return recordOf(body.name!, fields);
  }

  function namesFor(topic: FlowTopic): readonly string[] | null {
    if (allFields || topic === 'raw' || topic === 'aggregated') return null;
    return topic === 'validated' ? plan.fieldsUsed.enrich : plan.fieldsUsed.aggregate;
  }

  function decode(topic: FlowTopic, record: LogRecord, seq: number): Decoded<Flow> {
    const bytes = record.value;
    const id = readSchemaId(bytes);
    if (id === null) return { kind: 'foreign', reason: 'it does not begin with a schema id' };
    const schema = schemas.byId(id);
    if (schema === undefined) return { kind: 'unknown_schema', id };
    const kind = schema === null ? null : kindOf(schema.name, topic);
    if (schema === null || kind === null)
      return { kind: 'foreign', reason: `schema ${id} is not one of this topic` };
    const lane = readLaneFields(bytes);
    if (lane === null) return { kind: 'foreign', reason: 'its lane fields can not be read' };

    const flow = createFlow(kind);
    const { values } = lane;
    flow.seq = topic === 'raw' ? seq : values[0]!;
    flow.prev = values[1]!;
    flow.part = values[2]!;
    flow.position = values[3]!;
    flow.eventTime = values[4]!;
    flow.ingestTime = values[5]!;
    flow.trace = traceOf(record.headers);
    flow.bytes = bytes;
    const reason = readBody(flow, decoderFor(schema, schema.current ? namesFor(topic) : null), lane.end);
    if (reason === null) return { kind: 'value', value: flow };
    // Its own id can't be read; where it came from is one that a repeat has too.
    flow.kind = 'event';
    flow.id = `${topic}-${flow.seq}`;
    flow.bytes = null;
    if (topic === 'raw') disown(flow, record);
    return { kind: 'unreadable', value: flow, reason };
  }

  /** Null: all is read; otherwise why not. */
  function readBody(flow: Flow, decodeBody: DecodeBody | null, offset: number): string | null {
    if (decodeBody === null) return 'it was written with a schema that this plan can not read';
    const bytes = flow.bytes!;
    try {
      const { value, end } = decodeBody(bytes, offset);
      if (end !== bytes.length) return `${bytes.length - end} bytes are left after its fields`;
      fill(flow, value, enrichments);
      return null;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return error.message;
    }
  }

  function encode(topic: FlowTopic, flow: Flow): LogRecord {
    const schema = schemas.own(flow.kind === 'event' ? EVENT_RECORDS[topic] : OTHER_RECORDS[flow.kind]);
    writer.start(schema.id, [flow.seq, flow.prev, flow.part, flow.position, flow.eventTime, flow.ingestTime]);
    if (!append(topic, flow, schema)) writer.fields(schema.body, bodyOf(flow, topic));
    const record = { value: writer.finish(), timestampMs: flow.ingestTime };
    return flow.trace === null ? record : { ...record, headers: traceHeaders(flow.trace) };
  }

  /** Copies the fields that the record was read with, and those that the stage added; false: it was not read so. */
  function append(topic: FlowTopic, flow: Flow, schema: RecordSchema): boolean {
    const read = schemaRead(flow);
    if (read === null || !read.current) return false;
    const passedOn = flow.kind !== 'event' && read === schema;
    const enriched = flow.kind === 'event' && topic === 'enriched' && read.name === 'Validated';
    const aggregated = flow.kind === 'event' && topic === 'aggregated' && read.name === 'Enriched';
    if (!passedOn && !enriched && !aggregated) return false;
    writer.bytes(flow.bytes!, readLaneFields(flow.bytes!)!.end);
    if (enriched) writer.fields(enrichTail, enrichedFields(flow));
    if (aggregated) writer.fields(aggregateTail, flow);
    return true;
  }

  function schemaRead({ bytes }: Flow): RecordSchema | null {
    const id = bytes === null ? null : readSchemaId(bytes);
    return id === null ? null : (schemas.byId(id) ?? null);
  }

  function enrichedFields({ event }: Flow): Record<string, unknown> {
    const fields: Record<string, unknown> = { flags_enrich: flagsOfEnrich(event!) };
    for (const name of enrichments) fields[name] = event![name] ?? null;
    return fields;
  }

  /** A look-up that found nothing leaves null, and the flag where the document wants one. */
  function flagsOfEnrich(event: EventValue): string[] {
    return flagged.filter((name) => event[name] === null).map((name) => `${name}_missing`);
  }

  /** All fields of the record, for one that was not read as bytes. */
  function bodyOf(flow: Flow, topic: FlowTopic): Record<string, unknown> {
    const { source, id, key, digest, attempt, stage, code, message, ended } = flow;
    switch (flow.kind) {
      case 'tick':
        return { ended };
      case 'opened':
        return { source, part_name: flow.partName, parts: flow.parts, ordered: flow.ordered };
      case 'replay':
        return {
          source,
          id,
          key,
          digest,
          attempt,
          stage,
          content_type: flow.contentType,
          payload: flow.payload,
        };
      case 'rejected': {
        if (flow.event !== null) completeEvent(flow);
        const { contentType, payload } = refusedPayload(flow);
        return { source, id, key, digest, attempt, stage, code, message, content_type: contentType, payload };
      }
      case 'event':
        return topic === 'raw'
          ? { source, id, key, digest, content_type: flow.contentType, payload: flow.payload }
          : eventBody(flow, topic);
    }
  }

  function eventBody(flow: Flow, topic: FlowTopic): Record<string, unknown> {
    completeEvent(flow);
    const { source, id, key, digest, attempt, event, flags, late } = flow;
    if (event === null) throw new Error(`event ${id} (seq ${flow.seq}) goes to ${topic} without its event`);
    const body = { source, id, key, digest, attempt, event };
    if (topic === 'validated') return { ...body, flags_validate: flags };
    const ours = flagsOfEnrich(event).length;
    return { ...body, ...enrichedFields(flow), flags_validate: flags.slice(0, flags.length - ours), late };
  }

  /** Adds to an event of which only some fields were decoded the others. */
  function completeEvent(flow: Flow): void {
    const read = schemaRead(flow);
    if (read === null || flow.event === null || !(read.name === 'Validated' || read.name === 'Enriched'))
      return;
    const { value } = decoderFor(read, null)!(flow.bytes!, readLaneFields(flow.bytes!)!.end);
    const all = value.event;
    for (const name of enrichments) {
      if (value[name] !== undefined) all[name] = value[name];
    }
    flow.event = Object.assign(all, flow.event);
  }

  return { decode, encode };
}

function compileOrNull(reader: Type, written: Type): DecodeBody | null {
  try {
    return compileDecode<Body>(reader, written);
  } catch (error) {
    if (error instanceof SchemaError) return null;
    throw error;
  }
}

function kindOf(name: string, topic: FlowTopic): FlowKind | null {
  if (name === EVENT_RECORDS[topic]) return 'event';
  return Object.hasOwn(OTHER_KINDS, name) ? OTHER_KINDS[name]! : null;
}

function fill(flow: Flow, body: Body, enrichments: readonly string[]): void {
  if (flow.kind === 'tick') {
    flow.ended = body.ended;
    return;
  }
  flow.source = body.source;
  if (flow.kind === 'opened') {
    flow.partName = body.part_name;
    flow.parts = body.parts;
    flow.ordered = body.ordered;
    return;
  }
  flow.id = body.id;
  flow.key = body.key;
  flow.digest = body.digest;
  flow.attempt = body.attempt ?? 0;
  if (body.event === undefined) {
    flow.contentType = body.content_type;
    flow.payload = body.payload;
    flow.stage = body.stage ?? '';
    flow.code = body.code ?? '';
    flow.message = body.message ?? '';
    return;
  }
  const { event } = body;
  for (const name of enrichments) {
    const row = body[name];
    if (row !== undefined) event[name] = row;
  }
  flow.flags =
    body.flags_enrich === undefined ? body.flags_validate : body.flags_validate.concat(body.flags_enrich);
  event.flags = flow.flags;
  flow.event = event;
  flow.late = body.late ?? false;
}
