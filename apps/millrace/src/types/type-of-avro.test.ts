import { expect, test } from '@jest/globals';
import type { AvroSchema } from '@millrace/pipeline/plan';
import { resultTypeOfAvro, typeOfAvro } from './type-of-avro.ts';

const place = { type: 'record', name: 'Place', fields: [{ name: 'lat', type: 'double' }] };
const both = {
  type: 'record',
  name: 'Trip',
  fields: [
    { name: 'start', type: place },
    { name: 'stop', type: ['null', 'Place'] },
  ],
};
const node = { type: 'record', name: 'Node', fields: [{ name: 'next', type: ['null', 'Node'] }] };

test.each<[AvroSchema, string]>([
  ['string', 'string'],
  ['long', 'number | bigint'],
  [{ type: 'long', logicalType: 'timestamp-millis' }, 'number'],
  [['null', 'int'], 'null | number'],
  [{ type: 'enum', name: 'Kind', symbols: ['A', 'B'] }, "'A' | 'B'"],
  [{ type: 'array', items: ['null', 'string'] }, 'readonly (null | string)[]'],
  [{ type: 'map', values: 'boolean' }, 'Readonly<Record<string, boolean>>'],
  [both, '{ start: { lat: number }; stop: null | { lat: number } }'],
  [node, '{ next: null | unknown }'],
])('%j is %s', (schema, type) => {
  expect(typeOfAvro(schema)).toBe(type);
});

test('results hold doubles', () => {
  expect(resultTypeOfAvro('long')).toBe('number');
});
