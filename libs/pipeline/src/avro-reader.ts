import type { Type } from 'avsc';
import {
  bytesReader,
  dateReader,
  decimalReader,
  enumReader,
  longReader,
  numberOf,
  readBoolean,
  readBooleanText,
  readDouble,
  readFloat,
  readInt,
  readIntText,
  readString,
} from './avro-scalars.ts';
import { type AvroType, DateDays, Decimal, SchemaError, setOwn } from './avro-type.ts';
import {
  FAULTS_MAX,
  fault,
  type ReadContext,
  type Reader,
  type ReaderOptions,
  shown,
  within,
  wrongType,
} from './read-faults.ts';

/** How far records of a schema that contains itself may nest. */
const DEPTH_MAX = 64;

/**
 * Compiles the type once into closures; a path is put together only where there is a fault. With `whole`, the type is
 * some fields of that record type, whose others are neither looked at nor unknown.
 */
export function compileReader(
  { type, defaults }: AvroType,
  options: ReaderOptions,
  whole: Type | null = null,
): Reader {
  const records = new Map<Type, Reader>();

  function compile(part: Type): Reader {
    switch (part.typeName) {
      case 'null':
        return (value, context) => (value === null ? null : wrongType(context, value, 'null'));
      case 'boolean':
        return options.textual ? readBooleanText : readBoolean;
      case 'int':
        return part instanceof DateDays ? dateReader(options) : options.textual ? readIntText : readInt;
      case 'long':
        return longReader(part, options);
      case 'float':
        return options.textual ? (value, context) => readFloat(numberOf(value), context) : readFloat;
      case 'double': {
        const read = part instanceof Decimal ? decimalReader(part) : readDouble;
        return options.textual || part instanceof Decimal
          ? (value, context) => read(numberOf(value), context)
          : read;
      }
      case 'string':
        return readString;
      case 'bytes':
        return bytesReader(null);
      case 'fixed':
        return bytesReader((part as Type & { size: number }).size);
      case 'enum':
        return enumReader((part as Type & { symbols: readonly string[] }).symbols);
      case 'array':
        return arrayReader(compile((part as Type & { itemsType: Type }).itemsType));
      case 'map':
        return mapReader(compile((part as Type & { valuesType: Type }).valuesType));
      case 'record':
      case 'error':
        return records.get(part) ?? recordReader(part as RecordType);
      default:
        return unionReader((part as Type & { types: readonly Type[] }).types, compile, options);
    }
  }

  function recordReader(record: RecordType): Reader {
    // A record that contains itself finds this, which by then reads it.
    let read: Reader | null = null;
    records.set(record, (value, context) => read!(value, context));
    const fields = record.fields.map((field) => {
      const reader = compile(field.type);
      const absent = absentValue(
        field,
        defaults.get(record === type && whole !== null ? whole : record)?.get(field.name),
        reader,
        options,
      );
      const emptyIsAbsent = options.textual && !takesText(field.type);
      return { name: field.name, read: reader, absent, emptyIsAbsent };
    });
    read = fieldsReader(fields, options.unknownFields === 'reject' && (record !== type || whole === null));
    return read;
  }

  return compile(type);
}

type RecordType = Type & { readonly fields: readonly { readonly name: string; readonly type: Type }[] };

interface FieldReader {
  readonly name: string;
  readonly read: Reader;
  /** The value of a field that is not there; null: it has to be. */
  readonly absent: (() => unknown) | null;
  readonly emptyIsAbsent: boolean;
}

function fieldsReader(fields: readonly FieldReader[], rejectUnknown: boolean): Reader {
  const known = new Set(fields.map(({ name }) => name));
  // Copied for each record, so that all have one shape from the start.
  const template = Object.fromEntries(fields.map(({ name }) => [name, null as unknown]));
  const count = fields.length;

  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
      return wrongType(context, value, 'an object with fields');
    }
    if (context.depth === DEPTH_MAX) {
      return fault(context, 'out_of_range', `records may nest ${DEPTH_MAX} deep`);
    }
    context.depth += 1;
    const outside = value as Record<string, unknown>;
    const record = { ...template };
    let present = 0;
    for (let i = 0; i < count; i++) {
      const field = fields[i]!;
      const name = field.name;
      const given = outside[name];
      if (given !== undefined) present += 1;
      if (given === undefined || (field.emptyIsAbsent && given === '')) {
        if (field.absent !== null) record[name] = field.absent();
        else absentFault(context, name, given);
        continue;
      }
      const before = context.faults.length;
      record[name] = field.read(given, context);
      if (context.faults.length !== before) within(context, before, name);
    }
    context.depth -= 1;
    if (rejectUnknown && countKeys(outside) !== present) unknownFaults(outside, known, context);
    return record;
  };
}

function countKeys(record: Record<string, unknown>): number {
  let count = 0;
  for (const _ in record) count += 1;
  return count;
}

function absentFault(context: ReadContext, name: string, given: unknown): void {
  const before = context.faults.length;
  fault(context, 'missing_field', `the field is ${given === '' ? 'empty' : 'absent'} and has no default`);
  within(context, before, name);
}

function unknownFaults(
  outside: Record<string, unknown>,
  known: ReadonlySet<string>,
  context: ReadContext,
): void {
  for (const key of Object.keys(outside)) {
    if (known.has(key) || outside[key] === undefined) continue;
    const before = context.faults.length;
    fault(context, 'unknown_field', 'the schema has no such field');
    within(context, before, shown(key));
  }
}

/** Absent means the default, or null where the field may be null. Anew for each event, since an event can be changed. */
function absentValue(
  field: { readonly name: string; readonly type: Type },
  given: unknown,
  read: Reader,
  options: ReaderOptions,
): (() => unknown) | null {
  const nullable = branchesOf(field.type).some(({ typeName }) => typeName === 'null');
  if (given === undefined || (options.textual && nullable)) return nullable ? () => null : null;
  const outside = fromDefault(branchesOf(field.type)[0]!, given);
  const context: ReadContext = { faults: [], depth: 0 };
  const value = read(outside, context);
  if (context.faults.length > 0) {
    throw new SchemaError(
      `the default of ${field.name} does not fit its type: ${context.faults[0]!.message}`,
    );
  }
  if (typeof value !== 'object' || value === null) return () => value;
  return () => read(outside, { faults: [], depth: 0 });
}

/** A default of bytes is text in the schema whose code points 0–255 are the bytes (Avro specification). */
function fromDefault(type: Type, given: unknown): unknown {
  if (typeof given !== 'string') return given;
  if (type instanceof Decimal) return type.fromBytes(Buffer.from(given, 'latin1'));
  return type.typeName === 'bytes' || type.typeName === 'fixed' ? Buffer.from(given, 'latin1') : given;
}

function branchesOf(type: Type): readonly Type[] {
  return type.typeName.startsWith('union') ? (type as Type & { types: readonly Type[] }).types : [type];
}

function takesText(type: Type): boolean {
  const branches = branchesOf(type);
  return (
    branches.some(({ typeName }) => typeName === 'string') &&
    !branches.some(({ typeName }) => typeName === 'null')
  );
}

function arrayReader(readItem: Reader): Reader {
  return (value, context) => {
    if (!Array.isArray(value)) return wrongType(context, value, 'a list');
    const items = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i++) {
      const before = context.faults.length;
      items[i] = readItem(value[i], context);
      if (context.faults.length !== before) within(context, before, `[${i}]`);
      if (context.faults.length === FAULTS_MAX) break;
    }
    return items;
  };
}

function mapReader(readValue: Reader): Reader {
  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
      return wrongType(context, value, 'an object');
    }
    const entries: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(value)) {
      const before = context.faults.length;
      setOwn(entries, key.toWellFormed(), readValue(entry, context));
      if (context.faults.length !== before) within(context, before, `[${JSON.stringify(shown(key))}]`);
      if (context.faults.length === FAULTS_MAX) break;
    }
    return entries;
  };
}

/** At most one branch fits a value's kind; null stands for nothing else. */
function unionReader(
  branches: readonly Type[],
  compile: (type: Type) => Reader,
  options: ReaderOptions,
): Reader {
  const nullable = branches.some(({ typeName }) => typeName === 'null');
  const others = branches
    .filter(({ typeName }) => typeName !== 'null')
    .map((type) => ({ type, read: compile(type) }));
  if (others.length === 1) {
    const { read } = others[0]!;
    if (!nullable) return read;
    return (value, context) =>
      value === null || (options.textual && value === '') ? null : read(value, context);
  }
  return (value, context) => {
    if (nullable && (value === null || (options.textual && value === ''))) return null;
    for (const { type, read } of others) {
      const attempt: ReadContext = { faults: [], depth: context.depth };
      const result = read(value, attempt);
      if (attempt.faults.length === 0) return result;
      if (sameKind(type, value)) {
        context.faults.push(...attempt.faults.slice(0, FAULTS_MAX - context.faults.length));
        return undefined;
      }
    }
    return wrongType(
      context,
      value,
      branches.map(({ branchName, typeName }) => branchName ?? typeName).join(' or '),
    );
  };
}

/** Whether the value looks like what the branch wants, so that the branch's own faults are the ones to report. */
function sameKind({ typeName }: Type, value: unknown): boolean {
  switch (typeName) {
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'array':
      return Array.isArray(value);
    case 'record':
    case 'error':
    case 'map':
      return typeof value === 'object' && !Array.isArray(value);
    default:
      return false;
  }
}
