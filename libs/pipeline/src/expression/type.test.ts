import { expect, test } from '@jest/globals';
import { createEventCodec } from '../avro-codec.ts';
import type { AvroSchema } from '../plan.ts';
import { nameOf, typeOfAvro } from './type.ts';

test.each<[AvroSchema, unknown, string]>([
  ['int', 1, 'a number'],
  [{ type: 'long', logicalType: 'timestamp-millis' }, '2024-05-06T07:08:09Z', 'a number'],
  [{ type: 'long', logicalType: 'timestamp-micros' }, '2024-05-06T07:08:09Z', 'a number'],
  [{ type: 'int', logicalType: 'date' }, '2024-05-06', 'a number'],
  [{ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, 12.5, 'a number'],
  [{ type: 'bytes', logicalType: 'decimal', precision: 1, scale: 2 }, 'AQI=', 'bytes'],
  ['bytes', 'AQI=', 'bytes'],
  [{ type: 'string', logicalType: 'uuid' }, 'a', 'a text'],
])('an expression takes a field of %j for what the event holds', (schema, given, name) => {
  const codec = createEventCodec({ type: 'record', name: 'R', fields: [{ name: 'x', type: schema }] });
  const { x } = codec.read({ x: given }, { textual: false, unknownFields: 'reject' }).event!;
  const held = typeof x === 'number' ? 'a number' : typeof x === 'string' ? 'a text' : 'bytes';
  expect(held).toBe(name);
  expect(nameOf(typeOfAvro(schema).kind)).toBe(name);
});
