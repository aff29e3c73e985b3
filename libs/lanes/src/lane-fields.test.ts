import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HEADER_BYTES, PREFIX_BYTES_MAX, readLaneFields, readSchemaId, writePrefix } from './lane-fields.ts';

const long = fc.oneof(
  fc.integer({ min: -(2 ** 52), max: Number.MAX_SAFE_INTEGER }),
  fc.constantFrom(
    0,
    -1,
    63,
    64,
    -64,
    -65,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 52,
    -(2 ** 52),
    Number.MAX_SAFE_INTEGER,
  ),
);
const six = fc.array(long, { minLength: 6, maxLength: 6 });

/** As the Avro specification has it, without the tricks. */
function zigzagVarint(value: number): number[] {
  const bytes: number[] = [];
  let zigzag = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  for (; zigzag >= 0x80n; zigzag >>= 7n) bytes.push(Number(zigzag & 0x7fn) | 0x80);
  return [...bytes, Number(zigzag)];
}

test('ids and lane fields are written as Confluent and Avro say, and read back', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 32 - 1 }), six, (id, values) => {
      const buffer = Buffer.alloc(PREFIX_BYTES_MAX);
      const end = writePrefix(buffer, id, values);
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt32BE(id, 1);
      expect(buffer.subarray(0, end)).toEqual(
        Buffer.concat([header, Buffer.from(values.flatMap(zigzagVarint))]),
      );
      expect(readSchemaId(buffer)).toBe(id);
      expect(readLaneFields(buffer)).toEqual({ values, end });
      expect(readLaneFields(buffer.subarray(0, end - 1))).toBeNull();
    }),
  );
});

test('what is not in the wire format has no id', () => {
  expect(readSchemaId(Buffer.from('{"a":1}'))).toBeNull();
  expect(readSchemaId(Buffer.of(0, 0, 0, 1))).toBeNull();
});

test('longs that a double can not hold are not lane fields', () => {
  const prefix = (first: bigint) => {
    const zigzag: number[] = [];
    let rest = BigInt.asUintN(64, (first << 1n) ^ (first >> 63n));
    for (; rest >= 0x80n; rest >>= 7n) zigzag.push(Number(rest & 0x7fn) | 0x80);
    return Buffer.of(0, 0, 0, 0, 1, ...zigzag, Number(rest), 0, 0, 0, 0, 0);
  };
  expect(readLaneFields(prefix(5n))?.values[0]).toBe(5);
  for (const value of [2n ** 53n, -(2n ** 52n) - 1n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
    expect(readLaneFields(prefix(value))).toBeNull();
  }
  const buffer = Buffer.alloc(PREFIX_BYTES_MAX);
  for (const value of [Number.NEGATIVE_INFINITY, Number.NaN, 0.5, 2 ** 53, Number.MIN_SAFE_INTEGER]) {
    expect(() => writePrefix(buffer, 1, [value, 0, 0, 0, 0, 0])).toThrow("a lane field can't be");
  }
});
