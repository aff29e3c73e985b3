import type { Type } from 'avsc';
import { compileReader } from './avro-reader.ts';
import { type AvroType, avroType, compileDecode, SchemaError, withFields } from './avro-type.ts';
import type { Decoded, EventCodec, EventReader, ReadResult } from './event-codec.ts';
import type { AvroSchema, EventValue } from './plan.ts';
import type { ReadContext, Reader } from './read-faults.ts';

/**
 * The codec of an event schema, which has to be a record. What an event holds, by its schema:
 *
 * | Avro | event | from outside |
 * |---|---|---|
 * | int, float, double | number | number |
 * | long | number, or bigint beyond 2^53 | number, bigint |
 * | string, enum | text | text |
 * | bytes, fixed | Buffer | base64 text, or bytes |
 * | bytes as decimal | number | number with at most 15 digits |
 * | timestamp-millis, timestamp-micros | milliseconds since 1970 UTC (micros: with a fraction) | the same, or RFC 3339 text |
 * | date | milliseconds of its start in UTC | the same, or `2024-05-06` |
 * | array, map, record | array, object | the same |
 * | union | the value of the branch | `null` or the value, never `{ "string": … }` |
 *
 * Other logical types are what they are stored as. A field that is absent gets its default, or null where null is
 * allowed. Throws `SchemaError` when the schema isn't Avro or has a union whose branches look alike.
 */
export function createEventCodec(schema: AvroSchema): EventCodec {
  const avro = avroType(schema);
  const { type } = avro;
  if (type.typeName !== 'record') throw new SchemaError(`an event has to be a record, not ${type.typeName}`);
  const reader = createReader(avro, null);
  return {
    read: reader.read,
    partial: (fields) => createReader({ type: withFields(type, fields), defaults: avro.defaults }, type),
    encode: (event) => type.toBuffer(event),
    decode: decoderOf(type, type),
    decoderOf: (fields) => decoderOf(withFields(type, fields), type),
  };
}

/** `whole`: the record type that `avro` is a part of; the rest is then not looked at. */
function createReader(avro: AvroType, whole: Type | null): EventReader {
  const compiled = new Map<string, Reader>();
  const context: ReadContext = { faults: [], depth: 0 };

  function readerFor(textual: boolean, unknownFields: 'reject' | 'ignore'): Reader {
    const key = `${textual} ${unknownFields}`;
    let reader = compiled.get(key);
    if (reader === undefined) {
      reader = compileReader(avro, { textual, unknownFields }, whole);
      compiled.set(key, reader);
    }
    return reader;
  }
  // Finds out now whether defaults fit, not at the first event.
  let last = { textual: false, unknownFields: 'reject' as 'reject' | 'ignore' };
  let read = readerFor(last.textual, last.unknownFields);

  return {
    read(record, options): ReadResult {
      if (options.textual !== last.textual || options.unknownFields !== last.unknownFields) {
        last = { textual: options.textual, unknownFields: options.unknownFields };
        read = readerFor(last.textual, last.unknownFields);
      }
      context.depth = 0;
      const event = read(record, context) as EventValue;
      if (context.faults.length === 0) return { event, faults: null };
      const faults = context.faults;
      context.faults = [];
      return { event: null, faults };
    },
  };
}

function decoderOf(reader: Type, writer: Type): (bytes: Uint8Array, offset: number) => Decoded {
  const decode = compileDecode<EventValue>(reader, writer);
  return (bytes, offset) => {
    const { value, end } = decode(bytes, offset);
    return { event: value, end };
  };
}
