import { expect, test } from '@jest/globals';
import type { EventValue } from '@millrace/pipeline/plan';
import {
  createCodec,
  createRegistry,
  eventSchema,
  flowOf,
  planWith,
  read,
} from '@millrace/testkit/record-samples';
import fc from 'fast-check';
import type { FlowTopic, MadeTopic } from './lane-codec.ts';
import { schemasBySubject } from './record-schemas.ts';

test('bytes that end anywhere are a verdict once the lane fields are there, and foreign before', async () => {
  const codec = await createCodec();
  const flow = flowOf(
    'event',
    { seq: 300, prev: 200, part: 5, position: 7, eventTime: 1e12, ingestTime: 1e12 },
    { id: 'a', contentType: 'x', payload: Buffer.from('abc') },
  );
  const record = codec.encodeFlow('validated', {
    ...flow,
    event: { card: 'c', amount: 1, order_no: 1, note: null },
  });
  const kindsSeen: string[] = [];
  for (let length = 0; length < record.value.length; length++) {
    const decoded = codec.decodeFlow('validated', { ...record, value: record.value.subarray(0, length) }, -1);
    kindsSeen.push(decoded.kind);
    if (decoded.kind !== 'unreadable') continue;
    expect(decoded.value).toMatchObject({
      kind: 'event',
      id: 'validated-300',
      seq: 300,
      prev: 200,
      part: 5,
      position: 7,
      bytes: null,
    });
    expect(decoded.reason).not.toBe('');
  }
  const lanes = kindsSeen.indexOf('unreadable');
  expect(kindsSeen.slice(0, lanes).every((kind) => kind === 'foreign')).toBe(true);
  expect(kindsSeen.slice(lanes).every((kind) => kind === 'unreadable')).toBe(true);
  const longer = { ...record, value: Buffer.concat([record.value, Buffer.of(0)]) };
  expect(codec.decodeFlow('validated', longer, -1)).toMatchObject({
    kind: 'unreadable',
    reason: '1 bytes are left after its fields',
  });
});

test('whatever the bytes are, decoding answers', async () => {
  const codec = await createCodec();
  const header = fc.nat({ max: 15 }).map((id) => [0, 0, 0, 0, id]);
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 80 }), (head, rest) => {
      const record = { value: Uint8Array.from([...head, ...rest]), timestampMs: 0 };
      for (const topic of ['raw', 'validated', 'enriched', 'aggregated'] as FlowTopic[])
        codec.decodeFlow(topic, record, 0);
      for (const topic of ['windows', 'alerts', 'partials'] as MadeTopic[]) codec.decodeMade(topic, record);
    }),
    { numRuns: 500 },
  );
});

test('an unknown schema is learnt from the registry; one of another pipeline is foreign', async () => {
  const registry = createRegistry();
  const codec = await createCodec({ registry });
  const other = planWith({
    ...(eventSchema as object),
    fields: [
      ...(eventSchema as unknown as { fields: object[] }).fields,
      { name: 'extra', type: 'int', default: 1 },
    ],
  });
  const newer = await createCodec({ registry, plan: other, allFields: true });
  const value: EventValue = { card: 'c', amount: 1, order_no: 1, note: null, extra: 5 };
  const record = newer.encodeFlow('validated', flowOf('event', { seq: 1 }, { id: 'a', event: value }));
  const decoded = codec.decodeFlow('validated', record, -1);
  expect(decoded).toMatchObject({ kind: 'unknown_schema' });
  const { id } = decoded as { id: number };
  expect(await codec.learn(id)).toBe(true);
  const flow = read(codec.decodeFlow('validated', record, -1));
  expect(flow.event).toEqual({ card: 'c', amount: 1, order_no: 1, note: null, flags: [] });
  // Its bytes can't be gone on from: the record is written anew, with this plan's schema.
  Object.assign(flow.event!, { merchant: null, country: null });
  expect(codec.decodeFlow('enriched', codec.encodeFlow('enriched', flow), -1)).toMatchObject({
    kind: 'value',
  });

  expect(await codec.learn(999)).toBe(false);
  const alien = await registry.register('x', { type: 'record', name: 'Alien', fields: [] });
  expect(await codec.learn(alien)).toBe(true);
  expect(codec.decodeFlow('raw', { value: Buffer.of(0, 0, 0, 0, alien), timestampMs: 0 }, 0)).toMatchObject({
    kind: 'foreign',
  });
});

test('a record of another topic is foreign', async () => {
  const codec = await createCodec();
  const raw = codec.encodeFlow('raw', flowOf('event', {}, { payload: Buffer.of(1) }));
  expect(codec.decodeFlow('validated', raw, 0)).toMatchObject({ kind: 'foreign' });
  expect(codec.decodeMade('alerts', raw)).toMatchObject({ kind: 'foreign' });
});

test('every schema has a subject of its own; the only kind of its topic has the topic’s', () => {
  expect([...schemasBySubject(planWith(eventSchema)).keys()]).toEqual([
    ...[
      'Raw',
      'Tick',
      'Opened',
      'Rejected',
      'Replay',
      'Validated',
      'Enriched',
      'Aggregated',
      'Partial',
      'Mark',
    ].map((name) => `millrace.payments.${name}`),
    'millrace.payments.Window_velocity',
    'millrace.payments.Window_daily',
    'payments.alerts-value',
  ]);
});
