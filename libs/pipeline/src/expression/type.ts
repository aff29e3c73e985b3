import { isDecimal } from '../avro-type.ts';
import type { AvroSchema } from '../plan.ts';

export type Kind = 'double' | 'string' | 'bool' | 'bytes' | 'null' | 'dyn' | 'list' | 'map' | 'record';

/** The static type of a value in an expression. `dyn` is anything, null included, checked when it is used. */
export interface Type {
  readonly kind: Kind;
  readonly nullable: boolean;
  /** Of list and map. */
  readonly item?: Type;
  /** Of a record; a function because Avro records may contain themselves. */
  readonly fields?: () => ReadonlyMap<string, Type>;
  /** Of an Avro enum. */
  readonly symbols?: readonly string[];
}

const plain = (kind: Kind): Type => ({ kind, nullable: false });

export const DOUBLE = plain('double');
export const STRING = plain('string');
export const BOOL = plain('bool');
export const BYTES = plain('bytes');
export const NULL: Type = { kind: 'null', nullable: true };
export const DYN: Type = { kind: 'dyn', nullable: true };

export const listOf = (item: Type): Type => ({ kind: 'list', nullable: false, item });
export const mapOf = (item: Type): Type => ({ kind: 'map', nullable: false, item });
export const nullable = (type: Type): Type => (type.nullable ? type : { ...type, nullable: true });
export const present = (type: Type): Type =>
  type.nullable && type.kind !== 'null' && type.kind !== 'dyn' ? { ...type, nullable: false } : type;

export function recordOf(fields: ReadonlyMap<string, Type>): Type {
  return { kind: 'record', nullable: false, fields: () => fields };
}

const NAMES: Record<Kind, string> = {
  double: 'a number',
  string: 'a text',
  bool: 'true or false',
  bytes: 'bytes',
  null: 'null',
  dyn: 'any value',
  list: 'a list',
  map: 'a map',
  record: 'a record',
};

export const nameOf = (kind: Kind): string => NAMES[kind];

/** The type of either, or null when they have nothing in common. */
export function unify(left: Type, right: Type): Type | null {
  if (left.kind === 'dyn' || right.kind === 'dyn') return DYN;
  if (left.kind === 'null') return nullable(right);
  if (right.kind === 'null') return nullable(left);
  if (left.kind !== right.kind) return null;
  const either = left.nullable || right.nullable;
  if (left.item && right.item) {
    const item = unify(left.item, right.item);
    return item && { kind: left.kind, nullable: either, item };
  }
  // Symbols of two enums differ, and two records may: only what both have is kept.
  const merged = left.kind === 'record' ? left : plain(left.kind);
  return either ? nullable(merged) : merged;
}

type Named = Map<string, Type>;

/** The type of an Avro schema. Every number is a double and every time milliseconds. */
export function typeOfAvro(schema: AvroSchema, named: Named = new Map()): Type {
  if (typeof schema === 'string') return named.get(schema) ?? primitive(schema);
  if (Array.isArray(schema)) return typeOfUnion(schema as readonly AvroSchema[], named);
  const complex = schema as Readonly<Record<string, unknown>>;
  switch (complex.type) {
    case 'record':
    case 'error':
      return typeOfRecord(complex, named);
    case 'enum':
      return remember(complex, named, { ...STRING, symbols: complex.symbols as string[] });
    case 'fixed':
      return remember(complex, named, BYTES);
    case 'bytes':
      return isDecimal(complex) ? DOUBLE : BYTES;
    case 'array':
      return listOf(typeOfAvro(complex.items as AvroSchema, named));
    case 'map':
      return mapOf(typeOfAvro(complex.values as AvroSchema, named));
    default:
      return typeOfAvro(complex.type as AvroSchema, named);
  }
}

function primitive(name: string): Type {
  switch (name) {
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return DOUBLE;
    case 'string':
      return STRING;
    case 'boolean':
      return BOOL;
    case 'bytes':
      return BYTES;
    case 'null':
      return NULL;
    default:
      return DYN;
  }
}

function typeOfUnion(branches: readonly AvroSchema[], named: Named): Type {
  const others = branches.filter((branch) => branch !== 'null').map((branch) => typeOfAvro(branch, named));
  if (others.length === 0) return NULL;
  const type = others.slice(1).reduce<Type | null>((sum, next) => sum && unify(sum, next), others[0]!) ?? DYN;
  return others.length < branches.length ? nullable(type) : type;
}

function typeOfRecord(schema: Readonly<Record<string, unknown>>, named: Named): Type {
  let fields: ReadonlyMap<string, Type> | null = null;
  const type: Type = {
    kind: 'record',
    nullable: false,
    fields: () => {
      fields ??= new Map(
        (schema.fields as { name: string; type: AvroSchema }[]).map((f) => [
          f.name,
          typeOfAvro(f.type, named),
        ]),
      );
      return fields;
    },
  };
  remember(schema, named, type);
  // Names are declared in document order: visit the fields now, so that later references find them.
  type.fields!();
  return type;
}

function remember(schema: Readonly<Record<string, unknown>>, named: Named, type: Type): Type {
  const name = String(schema.name);
  named.set(name, type);
  if (typeof schema.namespace === 'string') named.set(`${schema.namespace}.${name}`, type);
  return type;
}
