import { expect, test } from '@jest/globals';
import { exampleEvent } from './example-event.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

test('an example has every field, with values that look like their names', () => {
  const schema = {
    type: 'record',
    name: 'Payment',
    fields: [
      { name: 'payment_id', type: 'string' },
      { name: 'amount', type: 'double' },
      { name: 'currency', type: ['null', 'string'], default: null },
      { name: 'paid_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'created_at', type: 'long' },
      { name: 'items', type: { type: 'array', items: 'int' } },
      { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['CARD', 'CASH'] } },
      { name: 'fee', type: { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 } },
      { name: 'units', type: { type: 'bytes', logicalType: 'decimal', precision: 6 } },
      { name: 'labels', type: { type: 'map', values: 'boolean' } },
    ],
  };
  expect(exampleEvent(schema, NOW)).toEqual({
    payment_id: 'payment-1',
    amount: 42.5,
    currency: 'EUR',
    paid_at: '2026-03-01T12:00:00.000Z',
    created_at: NOW,
    items: [1],
    kind: 'CARD',
    fee: 42.5,
    units: 42,
    labels: { key: true },
  });
});

test('named types are followed, and a type that contains itself ends', () => {
  const place = {
    type: 'record',
    name: 'Place',
    namespace: 'geo',
    fields: [{ name: 'lat', type: 'double' }],
  };
  const node = { type: 'record', name: 'Node', fields: [{ name: 'next', type: ['null', 'Node'] }] };
  const schema = {
    type: 'record',
    name: 'Trip',
    fields: [
      { name: 'start', type: place },
      { name: 'stop', type: 'geo.Place' },
      { name: 'chain', type: node },
    ],
  };
  const { start, stop, chain } = exampleEvent(schema, NOW);
  expect([start, stop]).toEqual([{ lat: 52.5 }, { lat: 52.5 }]);
  expect(JSON.stringify(chain).length).toBeLessThan(200);
});
