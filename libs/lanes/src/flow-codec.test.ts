import { expect, test } from '@jest/globals';
import { createEventCodec } from '@millrace/pipeline/avro-codec';
import {
  createCodec,
  event,
  eventSchema,
  flowOf,
  kinds,
  laneFields,
  planWith,
  rawEvent,
  read,
  row,
} from '@millrace/testkit/record-samples';
import avro from 'avsc';
import fc from 'fast-check';
import { EVENT_JSON } from './event-json.ts';
import { createFlow, type Flow, type FlowKind, reject } from './flow.ts';

for (const [kind, content] of Object.entries(kinds) as [FlowKind, fc.Arbitrary<Partial<Flow>>][]) {
  test(`${kind}: goes through every topic as it is; only its lane fields change`, async () => {
    const codec = await createCodec();
    fc.assert(
      fc.property(laneFields, content, fc.nat(), (lane, rest, prev) => {
        let flow = flowOf(kind, lane, rest);
        for (const topic of ['raw', 'validated', 'enriched', 'aggregated'] as const) {
          const record = codec.encodeFlow(topic, flow);
          const expected = { ...flow, bytes: record.value };
          flow = read(codec.decodeFlow(topic, record, flow.seq));
          expect(flow).toStrictEqual(expected);
          flow.prev = prev;
        }
      }),
    );
  });
}

test('raw: an event is its original bytes; its seq is where it was found', async () => {
  const codec = await createCodec();
  fc.assert(
    fc.property(laneFields, rawEvent, (lane, rest) => {
      const flow = flowOf('event', { ...lane, seq: -1 }, rest);
      const record = codec.encodeFlow('raw', flow);
      const found = read(codec.decodeFlow('raw', record, lane.seq));
      expect(found).toStrictEqual({ ...flow, seq: lane.seq, bytes: record.value });
    }),
  );
});

test('an event from validate to route: each stage reads what it uses, and the whole arrives', async () => {
  const codec = await createCodec();
  fc.assert(
    fc.property(
      laneFields,
      event,
      fc.record(row),
      fc.array(fc.string()),
      fc.boolean(),
      (lane, value, rows, rules, late) => {
        const flags = [...rules];
        const validated = flowOf('event', lane, {
          id: 'a',
          key: 'k',
          source: 's',
          digest: 5,
          event: { ...value, flags },
          flags,
        });
        const inEnrich = read(codec.decodeFlow('validated', codec.encodeFlow('validated', validated), -1));
        expect(inEnrich.event).toStrictEqual({ card: value.card, flags });

        Object.assign(inEnrich.event!, rows);
        if (rows.merchant === null) inEnrich.flags.push('merchant_missing');
        inEnrich.prev = 7;
        const inAggregate = read(codec.decodeFlow('enriched', codec.encodeFlow('enriched', inEnrich), -1));
        expect(inAggregate.event).toStrictEqual({
          amount: value.amount,
          merchant: rows.merchant,
          flags: inEnrich.flags,
        });
        expect(inAggregate.flags).toBe(inAggregate.event!.flags);

        inAggregate.late = late;
        const inRoute = read(codec.decodeFlow('aggregated', codec.encodeFlow('aggregated', inAggregate), -1));
        expect(inRoute).toStrictEqual({
          ...validated,
          prev: 7,
          late,
          flags: inEnrich.flags,
          event: { ...value, ...rows, flags: inEnrich.flags },
          bytes: inRoute.bytes,
        });
      },
    ),
  );
});

test('a stage’s bytes are those of the stage before with bytes after them', async () => {
  const codec = await createCodec();
  const value = { card: 'c', amount: 1, order_no: 2n ** 60n, note: null, flags: [] };
  const validated = codec.encodeFlow(
    'validated',
    flowOf('event', { seq: 9 }, { event: value, flags: value.flags }),
  );
  const flow = read(codec.decodeFlow('validated', validated, -1));
  Object.assign(flow.event!, { merchant: null, country: null });
  const enriched = codec.encodeFlow('enriched', flow);
  const fields = Buffer.from(createEventCodec(eventSchema).encode(value));
  expect(Buffer.from(enriched.value).indexOf(fields)).toBe(Buffer.from(validated.value).indexOf(fields));
});

test('in one process, where there are no bytes, the same records come out', async () => {
  const codec = await createCodec();
  fc.assert(
    fc.property(laneFields, event, fc.record(row), (lane, value, rows) => {
      const flags = rows.merchant === null ? ['odd', 'merchant_missing'] : ['odd'];
      const whole = flowOf('event', lane, { id: 'a', event: { ...value, ...rows, flags }, flags });
      const before = flowOf('event', lane, { id: 'a', event: { ...value, flags: ['odd'] }, flags: ['odd'] });
      const stepwise = read(codec.decodeFlow('validated', codec.encodeFlow('validated', before), -1));
      Object.assign(stepwise.event!, rows);
      if (rows.merchant === null) stepwise.flags.push('merchant_missing');
      const enriched = codec.encodeFlow('enriched', stepwise);
      expect(codec.encodeFlow('enriched', whole)).toEqual(enriched);
      const last = read(codec.decodeFlow('enriched', enriched, -1));
      expect(codec.encodeFlow('aggregated', whole)).toEqual(codec.encodeFlow('aggregated', last));
    }),
  );
});

test('what enrich or aggregate refuses keeps the whole event', async () => {
  const codec = await createCodec();
  const value = { card: 'c', amount: 1, order_no: 2n ** 60n, note: 'n' };
  const flow = flowOf(
    'event',
    { seq: 9, eventTime: 5 },
    { id: 'a', event: { ...value, flags: ['odd'] }, flags: ['odd'] },
  );
  const inEnrich = read(codec.decodeFlow('validated', codec.encodeFlow('validated', flow), -1));
  inEnrich.event!.country = { code: 'de' };
  reject(inEnrich, 'enrich', 'merchant_missing', 'no row');
  const rejected = read(codec.decodeFlow('enriched', codec.encodeFlow('enriched', inEnrich), -1));
  expect(rejected).toMatchObject({
    kind: 'rejected',
    stage: 'enrich',
    code: 'merchant_missing',
    contentType: EVENT_JSON,
  });
  expect(JSON.parse(Buffer.from(rejected.payload!).toString()).event).toEqual({
    ...value,
    order_no: { $long: String(2n ** 60n) },
    country: { code: 'de' },
    flags: ['odd'],
  });
});

test('what is refused once more says so in its bytes', async () => {
  const codec = await createCodec();
  const bad = { ...createFlow('event'), id: 'a', payload: new Uint8Array([1, 2]) };
  const refused = reject(bad, 'validate', 'rule:x', 'no');
  const found = read(codec.decodeFlow('enriched', codec.encodeFlow('enriched', refused), -1));
  reject(found, 'aggregate', 'id_conflict', 'again');
  const { stage, code, payload } = read(
    codec.decodeFlow('aggregated', codec.encodeFlow('aggregated', found), -1),
  );
  expect([stage, code, payload]).toEqual(['aggregate', 'id_conflict', refused.payload]);
});

test('records may be of any size', async () => {
  const codec = await createCodec();
  const payload = Buffer.alloc(300_000, 7);
  const raw = codec.encodeFlow('raw', flowOf('event', {}, { payload }));
  expect(payload.equals(read(codec.decodeFlow('raw', raw, 1)).payload!)).toBe(true);

  const card = 'é'.repeat(400_000);
  const flow = flowOf('event', {}, { event: { card, amount: 1, order_no: 1, note: null } });
  const inEnrich = read(codec.decodeFlow('validated', codec.encodeFlow('validated', flow), -1));
  Object.assign(inEnrich.event!, { merchant: { city: card, risk: 1 }, country: null });
  const inAggregate = read(codec.decodeFlow('enriched', codec.encodeFlow('enriched', inEnrich), -1));
  expect(inAggregate.event!.merchant).toEqual({ city: card, risk: 1 });
});

test('any other Avro reader reads what is written, and what any other writer writes is read', async () => {
  const plan = planWith(eventSchema);
  const codec = await createCodec({ plan, allFields: true });
  const type = avro.Type.forSchema(plan.schemas.aggregated as never);
  fc.assert(
    fc.property(laneFields, event, fc.record(row), (lane, given, rows) => {
      fc.pre(
        typeof given.order_no === 'number' &&
          Math.abs(given.order_no) < 2 ** 52 &&
          lane.seq < Number.MAX_SAFE_INTEGER,
      );
      const flags = rows.merchant === null ? ['odd', 'merchant_missing'] : ['odd'];
      const flow = flowOf('event', lane, {
        id: 'a',
        key: 'k',
        event: { ...given, ...rows, flags },
        flags,
        late: true,
      });
      const record = codec.encodeFlow('aggregated', flow);
      const value = Buffer.from(record.value);
      const other = type.fromBuffer(value.subarray(5));
      expect(JSON.parse(JSON.stringify(other))).toEqual(
        JSON.parse(
          JSON.stringify({
            lane_seq: lane.seq,
            lane_prev: lane.prev,
            part: lane.part,
            position: lane.position,
            event_time: lane.eventTime,
            ingest_time: lane.ingestTime,
            source: '',
            id: 'a',
            key: 'k',
            digest: 0,
            attempt: 0,
            event: given,
            flags_validate: ['odd'],
            ...rows,
            flags_enrich: flags.slice(1),
            late: true,
          }),
        ),
      );
      const rewritten = { ...record, value: Buffer.concat([value.subarray(0, 5), type.toBuffer(other)]) };
      expect(rewritten.value.equals(value)).toBe(true);
      expect(read(codec.decodeFlow('aggregated', rewritten, -1)).event).toStrictEqual(flow.event);
    }),
  );
});
