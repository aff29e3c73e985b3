import type { LogRecord } from '@millrace/lanes/ports/log';
import avro from 'avsc';
import type { RegistryServer } from '../world/registry.ts';

/** A record's fields by name, as any Avro reader of the topic sees them. */
export interface WireRecord {
  /** The record's name in its schema, without the namespace. */
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const HEADER_BYTES = 5;

/** Reads Confluent's wire format with nothing but the registry and an Avro library: none of our own codecs. */
export function createWireReader(registry: RegistryServer): (record: LogRecord) => WireRecord {
  const types = new Map<number, avro.Type>();

  function typeOf(id: number): avro.Type {
    let type = types.get(id);
    if (type === undefined) {
      const schema = registry.schema(id);
      if (schema === null) throw new Error(`a record with schema ${id}, which the registry does not know`);
      type = avro.Type.forSchema(schema as avro.Schema);
      types.set(id, type);
    }
    return type;
  }

  return ({ value }) => {
    const bytes = Buffer.from(value);
    if (bytes[0] !== 0) throw new Error('a record that is not in the wire format');
    const type = typeOf(bytes.readInt32BE(1));
    const name = type.name!.slice(type.name!.lastIndexOf('.') + 1);
    return { name, fields: type.fromBuffer(bytes.subarray(HEADER_BYTES)) };
  };
}
