import { isUtf8 } from 'node:buffer';
import { readSchemaId } from '@millrace/lanes/lane-fields';
import { JSON_CONTENT, PayloadError, parseJson } from '@millrace/lanes/payload';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import { base64 } from '@millrace/lanes/tagged-json';
import { avroType, compileDecode, SchemaError } from '@millrace/pipeline/avro-type';
import type { Refusal } from './intake.ts';

/** A record's value as what arrived: the payload of its raw record, and the same parsed. */
export interface Parsed {
  readonly contentType: string;
  readonly payload: Uint8Array;
  readonly record: unknown;
}

/** Reads values of one format; `prepare` may wait, so that `parse` need not. */
export interface TopicFormat {
  /** Rejects when what it needs can't be reached: try again. */
  prepare(values: readonly Uint8Array[]): Promise<void>;
  parse(value: Uint8Array): Parsed | Refusal;
}

export const TOPIC_FORMATS = ['json', 'avro'] as const;

export function jsonTopicFormat(): TopicFormat {
  return {
    prepare: async () => {},
    parse(value) {
      if (!isUtf8(value)) return { code: 'invalid_utf8', message: 'the bytes are not valid UTF-8' };
      try {
        const record = parseJson(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString());
        return { contentType: JSON_CONTENT, payload: value, record };
      } catch (error) {
        if (!(error instanceof PayloadError)) throw error;
        return error;
      }
    },
  };
}

type Decode = (bytes: Uint8Array) => unknown;

/** Avro in Confluent's wire format. It goes on as JSON of the same values, as its writer's schema has them. */
export function avroTopicFormat(schemas: SchemaRegistry): TopicFormat {
  /** By schema id; a text says why there is none. */
  const decoders = new Map<number, Decode | string>();
  return {
    async prepare(values) {
      for (const value of values) {
        const id = readSchemaId(value);
        if (id === null || decoders.has(id)) continue;
        const schema = await schemas.schema(id);
        // What the registry does not know today it may know tomorrow: asked again with the next records.
        if (schema !== null) decoders.set(id, decoderOf(id, schema));
      }
    },
    parse(value) {
      const id = readSchemaId(value);
      if (id === null) return malformed('it does not begin with the id of a schema');
      const decode = decoders.get(id) ?? `the schema registry knows no schema ${id}`;
      if (typeof decode === 'string') return malformed(decode);
      try {
        const record = decode(value);
        return { contentType: JSON_CONTENT, payload: Buffer.from(jsonText(record)), record };
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return malformed(`its bytes are not of schema ${id}: ${error.message}`);
      }
    },
  };
}

const WIRE_HEADER_BYTES = 5;

function decoderOf(id: number, schema: Parameters<typeof avroType>[0]): Decode | string {
  try {
    const { type } = avroType(schema);
    const decode = compileDecode<unknown>(type, type);
    return (bytes) => {
      const { value, end } = decode(bytes, WIRE_HEADER_BYTES);
      if (end !== bytes.length) throw new RangeError(`${bytes.length - end} bytes are left after its fields`);
      return value;
    };
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    return `schema ${id} can't be read: ${error.message}`;
  }
}

function malformed(message: string): Refusal {
  return { code: 'malformed_avro', message };
}

/** Not in TypeScript's library yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };

/** As events are read from JSON: bytes as base64, 64-bit integers exact. */
function jsonText(record: unknown): string {
  return JSON.stringify(record, function (this: Readonly<Record<string, unknown>>, name, given: unknown) {
    // Before a Buffer has made itself an object.
    const value = this[name];
    if (value instanceof Uint8Array) return base64(value);
    if (typeof value === 'bigint') return rawJson(String(value));
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    return given;
  });
}
