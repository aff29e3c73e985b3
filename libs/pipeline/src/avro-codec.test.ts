import { expect, test } from '@jest/globals';
import avro from 'avsc';
import fc from 'fast-check';
import { createEventCodec } from './avro-codec.ts';
import type { AvroSchema } from './plan.ts';

const typed = { textual: false, unknownFields: 'reject' } as const;
const textual = { textual: true, unknownFields: 'reject' } as const;
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

function record(
  fields: Readonly<Record<string, AvroSchema>>,
  defaults: Record<string, unknown> = {},
): AvroSchema {
  return {
    type: 'record',
    name: 'Thing',
    fields: Object.entries(fields).map(([name, type]) => {
      return name in defaults ? { name, type, default: defaults[name] } : { name, type };
    }),
  };
}

/** Reads a record with one field, `x`. */
function readOne(type: AvroSchema, x: unknown, options: typeof typed | typeof textual = typed) {
  const { event, faults } = createEventCodec(record({ x: type })).read({ x }, options);
  return faults === null ? event!.x : faults.map(({ path, code }) => `${code} ${path}`).join();
}

const order = record({
  id: 'string',
  count: 'int',
  total: 'long',
  weight: 'float',
  price: 'double',
  paid: 'boolean',
  state: { type: 'enum', name: 'State', symbols: ['open', 'done'] },
  note: ['null', 'string'],
  ref: ['null', 'long'],
  tags: { type: 'array', items: 'string' },
  extra: { type: 'map', values: ['null', 'double'] },
  hash: { type: 'fixed', name: 'Hash', size: 4 },
  blob: 'bytes',
  lines: {
    type: 'array',
    items: { type: 'record', name: 'Line', fields: [{ name: 'sku', type: 'string' }] },
  },
  at: { type: 'long', logicalType: 'timestamp-millis' },
});
const bytesOf = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((b) => Buffer.from(b));
const long = fc.bigInt(INT64).map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
const anOrder = fc.record(
  {
    id: fc.string({ unit: 'grapheme' }),
    count: fc.integer(),
    total: fc.oneof(long, fc.maxSafeInteger(), fc.integer()),
    weight: fc.float({ noNaN: true, noDefaultInfinity: true }),
    price: fc.double({ noNaN: true, noDefaultInfinity: true }),
    paid: fc.boolean(),
    state: fc.constantFrom('open', 'done'),
    note: fc.option(fc.string()),
    ref: fc.option(long),
    tags: fc.array(fc.string()),
    extra: fc.dictionary(
      fc.oneof(fc.string(), fc.constant('__proto__')),
      fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      { noNullPrototype: true },
    ),
    hash: bytesOf(4),
    blob: bytesOf(9),
    lines: fc.array(fc.record({ sku: fc.string() }, { noNullPrototype: true })),
    at: fc.integer({ min: 0, max: 4e12 }),
  },
  { noNullPrototype: true },
);

test('what is read, encoded and decoded is the same event, and reading it again changes nothing', () => {
  const codec = createEventCodec(order);
  const some = codec.decoderOf(['price', 'total', 'at']);
  fc.assert(
    fc.property(anOrder, fc.nat({ max: 9 }), (given, offset) => {
      const { event } = codec.read(given, typed);
      expect(event).toStrictEqual(given);
      const bytes = Buffer.concat([Buffer.alloc(offset, 7), codec.encode(event!), Buffer.of(1)]);
      const decoded = codec.decode(bytes, offset);
      expect(decoded).toStrictEqual({ event, end: bytes.length - 1 });
      expect(codec.read(decoded.event, typed).event).toStrictEqual(given);
      expect(some(bytes, offset)).toStrictEqual({
        event: { total: given.total, price: given.price, at: given.at },
        end: bytes.length - 1,
      });
    }),
  );
});

test('bytes are those of any other Avro writer, and are read by any other reader', () => {
  const codec = createEventCodec(order);
  const bigLong = avro.types.LongType.__with({
    fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const buffer = Buffer.alloc(8);
      buffer.writeBigInt64LE(value);
      return buffer;
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === 'bigint',
    compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
  });
  const isLong = (part: unknown) => part === 'long' || (part as { type?: unknown }).type === 'long';
  const other = avro.Type.forSchema(order as never, {
    typeHook: (part) => (isLong(part) ? bigLong : undefined) as never,
    wrapUnions: 'never',
  });
  fc.assert(
    fc.property(anOrder, (given) => {
      // Reading a map, the other one takes __proto__ for the prototype.
      fc.pre(!Object.hasOwn(given.extra, '__proto__'));
      const bigs = {
        ...given,
        total: BigInt(given.total),
        at: BigInt(given.at),
        ref: null,
      };
      const bytes = codec.encode({ ...given, ref: null });
      expect(Buffer.from(bytes).equals(other.toBuffer(bigs))).toBe(true);
      expect({ ...other.fromBuffer(Buffer.from(bytes)) }).toEqual(bigs);
    }),
  );
});

test('records are plain objects, as expressions want them', () => {
  const codec = createEventCodec(order);
  const [given] = fc.sample(anOrder, { numRuns: 1, seed: 1 });
  const { event } = codec.decode(codec.encode(given!), 0);
  expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
});

test.each<[AvroSchema, unknown, unknown]>([
  ['int', 2 ** 31 - 1, 2 ** 31 - 1],
  ['int', 2 ** 31, 'out_of_range x'],
  ['int', 10n ** 18n, 'out_of_range x'],
  ['int', 1.5, 'wrong_type x'],
  ['int', '12', 'wrong_type x'],
  ['int', -0, 0],
  ['int', null, 'missing_field x'],
  ['long', 2n ** 53n + 1n, 2n ** 53n + 1n],
  ['long', 5n, 5],
  ['long', 1e18, 10n ** 18n],
  ['long', 2n ** 63n, 'out_of_range x'],
  ['long', 1e300, 'out_of_range x'],
  ['float', 0.1, Math.fround(0.1)],
  ['float', 1e39, 'out_of_range x'],
  ['double', 7n, 7],
  ['double', -0, -0],
  ['double', Number.POSITIVE_INFINITY, 'out_of_range x'],
  ['double', Number.NaN, 'out_of_range x'],
  ['double', '1', 'wrong_type x'],
  ['boolean', 1, 'wrong_type x'],
  ['string', 5, 'wrong_type x'],
  ['string', 'half \ud800 a pair', 'half \ufffd a pair'],
  ['bytes', 'AQI=', Buffer.of(1, 2)],
  ['bytes', new Uint8Array([1, 2]), Buffer.of(1, 2)],
  ['bytes', 'not base64!', 'wrong_type x'],
  [{ type: 'fixed', name: 'F', size: 2 }, 'AQI=', Buffer.of(1, 2)],
  [{ type: 'fixed', name: 'F', size: 2 }, 'AQ==', 'out_of_range x'],
  [{ type: 'enum', name: 'E', symbols: ['a'] }, 'a', 'a'],
  [{ type: 'enum', name: 'E', symbols: ['a'] }, 'b', 'out_of_range x'],
  [{ type: 'enum', name: 'E', symbols: ['a'] }, 1, 'wrong_type x'],
  [['null', 'string'], null, null],
  [['null', 'string'], 'a', 'a'],
  [['null', 'string'], { string: 'a' }, 'wrong_type x'],
  [['null', 'int', 'string'], 'a', 'a'],
  [['null', 'int', 'string'], 2 ** 40, 'out_of_range x'],
  [['null', 'int', 'string'], true, 'wrong_type x'],
  [{ type: 'array', items: 'int' }, [1, 'a', 2, null], 'wrong_type x[1],missing_field x[3]'],
  [{ type: 'map', values: 'int' }, { a: 1, 'b.c': 'x' }, 'wrong_type x["b.c"]'],
  [{ type: 'map', values: 'int' }, [1], 'wrong_type x'],
])('reading %j from %p gives %p', (type, given, expected) => {
  expect(readOne(type, given)).toStrictEqual(expected);
});

test.each<[AvroSchema, unknown, unknown]>([
  ['int', ' 12 ', 12],
  ['int', '12.5', 'wrong_type x'],
  ['int', '', 'missing_field x'],
  ['int', 12, 12],
  ['long', '9007199254740993', 2n ** 53n + 1n],
  ['long', '+5', 5],
  ['double', '1e3', 1000],
  ['double', '.5', 0.5],
  ['double', '0x10', 'wrong_type x'],
  ['double', 'NaN', 'wrong_type x'],
  ['boolean', 'TRUE', true],
  ['boolean', '1', 'wrong_type x'],
  ['string', '', ''],
  ['string', '12', '12'],
  [['null', 'string'], '', null],
  [['null', 'double'], '', null],
  [['null', 'double'], '2', 2],
  [{ type: 'long', logicalType: 'timestamp-millis' }, '2001-01-01T00:00:00Z', 978_307_200_000],
  [{ type: 'long', logicalType: 'timestamp-millis' }, '978307200000', 978_307_200_000],
])('from text, reading %j from %p gives %p', (type, given, expected) => {
  expect(readOne(type, given, textual)).toStrictEqual(expected);
});

const millis = { type: 'long', logicalType: 'timestamp-millis' };
const micros = { type: 'long', logicalType: 'timestamp-micros' };
const date = { type: 'int', logicalType: 'date' };
test.each<[AvroSchema, unknown, unknown]>([
  [millis, 1_700_000_000_000, 1_700_000_000_000],
  [millis, '2023-11-14T22:13:20.123456Z', 1_700_000_000_123],
  [millis, '2023-11-15T00:13:20+02:00', 1_700_000_000_000],
  [millis, 1.7e15, 'out_of_range x'],
  [millis, 'yesterday', 'wrong_type x'],
  [millis, '2023-02-29T00:00:00Z', 'wrong_type x'],
  [millis, true, 'wrong_type x'],
  [micros, 1_700_000_000_000.123, 1_700_000_000_000.123],
  [micros, '2023-11-14T22:13:20.123456Z', 1_700_000_000_123.456],
  [date, '2023-11-14', 1_699_920_000_000],
  [date, 1_699_920_000_000, 1_699_920_000_000],
  [date, 19_675, 'wrong_type x'],
])('the time %j from %p is %p', (type, given, expected) => {
  expect(readOne(type, given)).toBe(expected);
});

test('times are stored in the unit of the schema', () => {
  const codec = createEventCodec(record({ micros, date }));
  const other = avro.Type.forSchema(record({ micros: 'long', date: 'int' }) as never);
  const instants = fc.integer({ min: -62_167_219_200_000_000, max: 4_398_000_000_000_000 });
  fc.assert(
    fc.property(instants, fc.integer({ min: -700_000, max: 2_900_000 }), (instant, day) => {
      // Microseconds that survive as a double of milliseconds: not every one does near 2^52.
      fc.pre(Math.abs(instant) < 2 ** 52 && Math.round((instant / 1_000) * 1_000) === instant);
      const event = { micros: instant / 1_000, date: day * 86_400_000 };
      const bytes = Buffer.from(codec.encode(event));
      expect({ ...other.fromBuffer(bytes) }).toEqual({ micros: instant, date: day });
      expect(codec.decode(bytes, 0).event).toEqual(event);
    }),
  );
});

test('decimals of up to 15 digits are exact', () => {
  const money = { type: 'bytes', logicalType: 'decimal', precision: 20, scale: 2 };
  const codec = createEventCodec(record({ x: money }));
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 15) + 1, max: 10 ** 15 - 1 }), (cents) => {
      const { event } = codec.read({ x: cents / 100 }, typed);
      expect(codec.decode(codec.encode(event!), 0).event).toEqual({ x: cents / 100 });
    }),
  );
  const unscaled = avro.Type.forSchema(record({ x: 'bytes' }) as never);
  expect(unscaled.fromBuffer(Buffer.from(codec.encode({ x: -1.29 })))).toEqual({
    x: Buffer.from('ff7f', 'hex'),
  });
  expect(readOne(money, 0.125)).toBe('out_of_range x');
  expect(readOne(money, 1e14)).toBe('out_of_range x');
  expect(readOne(money, '12.50', textual)).toBe(12.5);
});

test('every fault has its path, code and a message that says what was found and wanted', () => {
  const line = { type: 'record', name: 'Line', fields: [{ name: 'price', type: 'double' }] };
  const codec = createEventCodec(record({ id: 'string', items: { type: 'array', items: line } }));
  const { event, faults } = codec.read({ items: [{ price: 1 }, { price: 'two', cost: 3 }], extra: 1 }, typed);
  expect(event).toBeNull();
  expect(faults).toEqual([
    { path: 'id', code: 'missing_field', message: 'the field is absent and has no default' },
    {
      path: 'items[1].price',
      code: 'wrong_type',
      message: 'found the text "two", the schema wants a number',
    },
    { path: 'items[1].cost', code: 'unknown_field', message: 'the schema has no such field' },
    { path: 'extra', code: 'unknown_field', message: 'the schema has no such field' },
  ]);
  expect(codec.read('text', typed).faults).toMatchObject([{ path: '', code: 'wrong_type' }]);
  // The next event is not held responsible.
  expect(codec.read({ id: 'a', items: [] }, typed).faults).toBeNull();
});

test('unknown fields can be ignored; fields without a value are not there', () => {
  const codec = createEventCodec(record({ x: 'int' }));
  expect(codec.read({ x: 1, y: 2 }, { textual: false, unknownFields: 'ignore' }).event).toEqual({ x: 1 });
  expect(codec.read({ x: 1, y: undefined }, typed).event).toEqual({ x: 1 });
});

test('absent fields get their default, anew each time, or null', () => {
  const codec = createEventCodec(
    record(
      {
        count: 'int',
        tags: { type: 'array', items: 'string' },
        note: ['null', 'string'],
        raw: 'bytes',
        fee: { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 },
      },
      { count: 7, tags: ['new'], raw: '\u0001\u00ff', fee: '\u0001\u0000' },
    ),
  );
  const first = codec.read({}, typed).event!;
  expect(first).toEqual({ count: 7, tags: ['new'], note: null, raw: Buffer.of(1, 255), fee: 2.56 });
  (first.tags as string[]).push('changed');
  expect(codec.read({}, typed).event!.tags).toEqual(['new']);
  expect(codec.read({ count: '' }, textual).event!.count).toBe(7);
  expect(() => createEventCodec(record({ x: 'int' }, { x: 'seven' }))).toThrow(
    'the default of x does not fit',
  );
});

test('keys that JavaScript objects inherit are keys like any other', () => {
  const codec = createEventCodec(record({ x: 'int', m: { type: 'map', values: 'int' } }));
  const hostile = JSON.parse('{"x":1,"m":{"__proto__":5,"constructor":6},"__proto__":{"y":1}}');
  expect(codec.read(hostile, typed).faults).toMatchObject([{ path: '__proto__', code: 'unknown_field' }]);
  const { event } = codec.read(hostile, { textual: false, unknownFields: 'ignore' });
  const decoded = codec.decode(codec.encode(event!), 0).event;
  expect(Object.entries(decoded.m as object)).toEqual([
    ['__proto__', 5],
    ['constructor', 6],
  ]);
  expect(Object.getPrototypeOf(decoded.m)).toBe(Object.prototype);
  expect(codec.read({ m: {} }, typed).faults).toMatchObject([{ path: 'x', code: 'missing_field' }]);
});

test('records that contain themselves nest only so far', () => {
  const codec = createEventCodec({
    type: 'record',
    name: 'Node',
    fields: [{ name: 'next', type: ['null', 'Node'] }],
  });
  const nested = (depth: number): unknown => (depth === 0 ? null : { next: nested(depth - 1) });
  const { event } = codec.read(nested(64), typed);
  expect(codec.decode(codec.encode(event!), 0).event).toEqual(nested(64));
  expect(codec.read(nested(65), typed).faults).toMatchObject([{ code: 'out_of_range' }]);
});

test('a part of the fields is read without a look at the rest', () => {
  const codec = createEventCodec(
    record({ id: 'string', count: 'int', note: ['null', 'string'] }, { count: 1 }),
  );
  const { read } = codec.partial(['count', 'note', 'no_such_field']);
  expect(read({ id: 5, other: 1, note: 'n' }, typed).event).toEqual({ count: 1, note: 'n' });
  expect(read({ count: 'x' }, typed).faults).toMatchObject([{ path: 'count', code: 'wrong_type' }]);
});

test('bytes that are not of the schema are refused, whatever they are', () => {
  const codec = createEventCodec(order);
  const some = codec.decoderOf(['at']);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const decode of [codec.decode, some]) {
        try {
          expect(decode(bytes, 0).end).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    }),
  );
  const list = createEventCodec(record({ x: { type: 'array', items: 'int' } }));
  const endless = Buffer.from('feffffffffffff0f', 'hex');
  expect(() => list.decode(endless, 0)).toThrow(RangeError);
  expect(() => list.decoderOf([])(endless, 0)).toThrow(RangeError);
});

test('schemas that events can not hold are refused', () => {
  expect(() => createEventCodec('string')).toThrow('an event has to be a record');
  expect(() => createEventCodec(record({ constructor: 'int' }))).toThrow(
    "a field can't be called constructor",
  );
  expect(() => createEventCodec(record({ x: ['int', 'double'] }))).toThrow(
    'branches whose values look alike',
  );
  expect(() => createEventCodec(record({ x: 'intt' }))).toThrow('intt');
});
