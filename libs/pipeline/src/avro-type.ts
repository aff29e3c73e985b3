import avro, { type Type } from 'avsc';
import { readBigLong, type Tap, writeBigLong } from './avro-tap.ts';
import type { AvroSchema } from './plan.ts';

export type { Type } from 'avsc';

/** A schema that is not Avro, or uses what an event can't hold. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

export interface AvroType {
  readonly type: Type;
  /** The fields' default values as the schema's JSON has them, by record and field. */
  readonly defaults: ReadonlyMap<Type, ReadonlyMap<string, unknown>>;
}

/** Below this, avsc's arithmetic on doubles is exact; beyond it, it silently reads and writes other numbers. */
const EXACT_MAX = 2 ** 52;
/** Items without any bytes (nulls) may outnumber the bytes left; more of them than this are a damaged count. */
const EMPTY_ITEMS_MAX = 65_536;
const MICROSECONDS = 1_000;
export const DAY_MS = 86_400_000;
/** A double holds every decimal of as many digits. */
export const DECIMAL_DIGITS_MAX = 15;

/** All of int64: doubles up to 2^53, bigints beyond. */
export class ExactLong extends avro.types.LongType {
  _read(tap: Tap): number | bigint {
    const start = tap.pos;
    const value = tap.readLong();
    if (value > -EXACT_MAX && value < EXACT_MAX) return value;
    tap.pos = start;
    return readBigLong(tap);
  }
  _write(tap: Tap, value: unknown): void {
    if (typeof value === 'number' && value > -EXACT_MAX && value < EXACT_MAX && value % 1 === 0) {
      tap.writeLong(value);
    } else {
      writeBigLong(tap, value);
    }
  }
}

/** Milliseconds in the event, as on the wire. */
export class TimestampMillis extends ExactLong {}

/** Milliseconds with a fraction in the event, microseconds on the wire; exact up to the year 2109. */
export class TimestampMicros extends avro.types.LongType {
  _read(tap: Tap): number {
    return Number(ExactLong.prototype._read.call(this, tap)) / MICROSECONDS;
  }
  _write(tap: Tap, value: unknown): void {
    ExactLong.prototype._write.call(this, tap, Math.round((value as number) * MICROSECONDS));
  }
}

/** Milliseconds of the day's start in UTC in the event, days on the wire. */
export class DateDays extends avro.types.IntType {
  _read(tap: Tap): number {
    return tap.readLong() * DAY_MS;
  }
  _write(tap: Tap, value: unknown): void {
    tap.writeLong(Math.floor((value as number) / DAY_MS));
  }
}

/** A double in the event, an unscaled big-endian integer in bytes on the wire; see `DECIMAL_DIGITS_MAX`. */
export abstract class Decimal extends avro.types.DoubleType {
  abstract get scale(): number;
  abstract get digits(): number;
  abstract fromBytes(bytes: Buffer): number;
}

function decimalType(schema: Named): Decimal {
  const scale = (schema.scale as number | undefined) ?? 0;
  const digits = schema.precision as number;
  class ScaledDecimal extends Decimal {
    get scale() {
      return scale;
    }
    get digits() {
      return digits;
    }
    _read(tap: Tap): number {
      return this.fromBytes(tap.readBytes() ?? Buffer.alloc(0));
    }
    fromBytes(bytes: Buffer): number {
      if (bytes.length === 0) return 0;
      const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
      return Number(unscaled) / 10 ** scale;
    }
    _write(tap: Tap, value: unknown): void {
      tap.writeBytes(bigEndian(BigInt(Math.round((value as number) * 10 ** scale))));
    }
    _skip(tap: Tap): void {
      tap.skipBytes();
    }
    // avsc reads through a resolver without `this`.
    _update(resolver: { _read?: (tap: Tap) => unknown }, written: Type): void {
      if (written instanceof Decimal) resolver._read = (tap) => (written as ScaledDecimal)._read(tap);
    }
  }
  return new ScaledDecimal();
}

/** Two's complement in as few bytes as hold it. */
function bigEndian(value: bigint): Buffer {
  let length = 1;
  while (BigInt.asIntN(length * 8, value) !== value) length += 1;
  return Buffer.from(
    BigInt.asUintN(length * 8, value)
      .toString(16)
      .padStart(length * 2, '0'),
    'hex',
  );
}

/** Takes any view of bytes, not only Node's Buffer. */
class AnyBytes extends avro.types.BytesType {
  _write(tap: Tap, value: unknown): void {
    tap.writeBytes(bufferOf(value));
  }
}

class AnyFixed extends avro.types.FixedType {
  _write(tap: Tap, value: unknown): void {
    const bytes = bufferOf(value);
    const size = (this as unknown as { size: number }).size;
    if (bytes.length !== size) throw new TypeError(`${bytes.length} bytes for a fixed of ${size}`);
    tap.writeFixed(bytes, size);
  }
}

/** The same memory as a Buffer. */
export function bufferOf(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError(`not bytes: ${String(value)}`);
}

/** Refuses counts that the bytes can't hold, before it reads that many items. */
class BoundedArray extends avro.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const items = (this as unknown as { itemsType: Reading }).itemsType;
    const values: unknown[] = [];
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
      for (; count > 0; count--) values.push(items._read(tap));
    }
    return values;
  }
  _skip(tap: Tap): void {
    skipBlocks(tap, () => (this as unknown as { itemsType: Reading }).itemsType._skip(tap));
  }
}

/** As above; and a `__proto__` among the keys is a key like any other. */
class BoundedMap extends avro.types.MapType {
  _read(tap: Tap): Record<string, unknown> {
    const values = (this as unknown as { valuesType: Reading }).valuesType;
    const entries: Record<string, unknown> = {};
    for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
      for (; count > 0; count--) setOwn(entries, tap.readString() ?? '', values._read(tap));
    }
    return entries;
  }
  _skip(tap: Tap): void {
    skipBlocks(tap, () => {
      tap.skipString();
      (this as unknown as { valuesType: Reading }).valuesType._skip(tap);
    });
  }
}

interface Reading {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

function blockCount(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.readLong();
  }
  const bytesLeft = tap.buf.length - tap.pos;
  if (count > bytesLeft && (count > EMPTY_ITEMS_MAX || bytesLeft < 0)) {
    throw new RangeError(`${count} items in ${bytesLeft} bytes`);
  }
  return count;
}

function skipBlocks(tap: Tap, skipItem: () => void): void {
  for (let count = blockCount(tap); count > 0; count = blockCount(tap)) {
    for (; count > 0; count--) skipItem();
  }
}

/** `target[key] = value`, also for `__proto__`, where an assignment would change what the object inherits. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/** A union whose branches are told apart by their values; bigints are numbers. */
class PlainUnion extends avro.types.UnwrappedUnionType {
  _getIndex(value: unknown): number | undefined {
    const indices = (this as unknown as { _bucketIndices: Record<string, number | undefined> })
      ._bucketIndices;
    if (value === null) return indices.null;
    switch (typeof value) {
      case 'bigint':
      case 'number':
        return indices.number;
      case 'object':
        if (Array.isArray(value)) return indices.array;
        return ArrayBuffer.isView(value) ? indices.buffer : indices.object;
      default:
        return indices[typeof value];
    }
  }
}

type Named = { readonly [key: string]: unknown; readonly type: string };
type Options = Parameters<typeof Type.forSchema>[1];

/**
 * The schema for avsc, with what it gets wrong or can't do set right: 64-bit integers are exact, records are plain
 * objects, unions are written plainly, counts are bounded, and logical types are as the event has them.
 * Throws `SchemaError`.
 */
export function avroType(schema: AvroSchema): AvroType {
  const defaults = new Map<Type, ReadonlyMap<string, unknown>>();
  const typeHook = (part: unknown, options: Options): Type | undefined => {
    if (part === 'long') return new ExactLong();
    if (part === 'bytes') return new AnyBytes();
    if (Array.isArray(part)) return unionType(part, options);
    if (typeof part !== 'object' || part === null) return undefined;
    const named = part as Named;
    switch (named.type) {
      case 'long':
        if (named.logicalType === 'timestamp-millis') return new TimestampMillis();
        return named.logicalType === 'timestamp-micros' ? new TimestampMicros() : new ExactLong();
      case 'int':
        return named.logicalType === 'date' ? new DateDays() : undefined;
      case 'bytes':
        return isDecimal(named) ? decimalType(named) : new AnyBytes();
      case 'fixed':
        return new (AnyFixed as unknown as Constructor)(named, options);
      case 'array':
        return new (BoundedArray as unknown as Constructor)(named, options);
      case 'map':
        return new (BoundedMap as unknown as Constructor)(named, options);
      case 'record':
      case 'error':
        return recordType(named, options, defaults);
      default:
        return undefined;
    }
  };
  try {
    const type = avro.Type.forSchema(schema as Parameters<typeof Type.forSchema>[0], {
      typeHook: typeHook as never,
      omitRecordMethods: true,
    });
    return { type, defaults };
  } catch (error) {
    throw error instanceof SchemaError ? error : new SchemaError((error as Error).message, { cause: error });
  }
}

type Constructor = new (schema: unknown, options: Options) => Type;

function unionType(branches: readonly unknown[], options: Options): Type {
  const types = branches.map((branch) => avro.Type.forSchema(branch as never, options));
  try {
    return new (PlainUnion as unknown as Constructor)(types, options);
  } catch (error) {
    throw new SchemaError(
      `the union ${JSON.stringify(branches)} has branches whose values look alike in JSON; ` +
        'use at most one each of number, text, bytes, array and record or map',
      { cause: error },
    );
  }
}

function recordType(
  schema: Named,
  options: Options,
  defaults: Map<Type, ReadonlyMap<string, unknown>>,
): Type {
  const own = new Map<string, unknown>();
  const fields = (Array.isArray(schema.fields) ? schema.fields : []) as readonly Record<string, unknown>[];
  for (const field of fields) {
    if (typeof field.name === 'string' && field.name in Object.prototype) {
      throw new SchemaError(
        `a field can't be called ${field.name}: every JavaScript object has that already`,
      );
    }
    if (field.default !== undefined) own.set(field.name as string, field.default);
  }
  // Defaults are filled in by whoever reads a record from outside; what is encoded has all fields.
  const complete = fields.map(({ default: _, ...field }) => field);
  const type = new (avro.types.RecordType as unknown as Constructor)(
    Array.isArray(schema.fields) ? { ...schema, fields: complete } : schema,
    options,
  );
  plainRecords(type);
  defaults.set(type, own);
  return type;
}

/** Expressions take only plain objects for records. To be called before the first record is made. */
function plainRecords(type: Type): void {
  (type as unknown as { recordConstructor: { prototype: object } }).recordConstructor.prototype =
    Object.prototype;
}

export interface RecordField {
  readonly name: string;
  readonly type: Type;
}

export function fieldsOf(record: Type): readonly RecordField[] {
  return (record as Type & { readonly fields: readonly RecordField[] }).fields;
}

/** A record type of fields whose types are there already. */
export function recordOf(name: string, fields: readonly RecordField[]): Type {
  const type = avro.Type.forSchema(
    { type: 'record', name, fields: fields.map((field) => ({ name: field.name, type: field.type })) },
    { omitRecordMethods: true },
  );
  plainRecords(type);
  return type;
}

/** The record type with only these of its fields, for reading what was written with all of them. */
export function withFields(record: Type, names: readonly string[]): Type {
  const wanted = fieldsOf(record).filter(({ name }) => names.includes(name));
  return recordOf(record.name!, wanted);
}

/**
 * Reads what was written with `writer` as a value of `reader`. Throws `SchemaError` when it never can; what it answers
 * throws `RangeError` when the bytes are not of the schema.
 */
export function compileDecode<T>(
  reader: Type,
  writer: Type,
): (bytes: Uint8Array, offset: number) => { readonly value: T; readonly end: number } {
  const resolver = reader === writer ? undefined : resolverOf(reader, writer);
  return (bytes, offset) => {
    let decoded: { value: T; offset: number };
    try {
      decoded = reader.decode(bufferOf(bytes), offset, resolver);
    } catch (error) {
      throw new RangeError(`the bytes are not of the schema: ${(error as Error).message}`, { cause: error });
    }
    if (decoded.offset < 0) throw new RangeError('the bytes are not of the schema: they end too early');
    return { value: decoded.value, end: decoded.offset };
  };
}

function resolverOf(reader: Type, writer: Type): ReturnType<Type['createResolver']> {
  try {
    return reader.createResolver(writer);
  } catch (error) {
    throw new SchemaError((error as Error).message, { cause: error });
  }
}

/** What the specification asks of a decimal; bytes for which it doesn't hold are bytes. */
export function isDecimal(schema: Readonly<Record<string, unknown>>): boolean {
  const { logicalType, precision, scale = 0 } = schema;
  return (
    logicalType === 'decimal' &&
    Number.isInteger(precision) &&
    Number.isInteger(scale) &&
    (scale as number) >= 0 &&
    (scale as number) <= (precision as number)
  );
}
