import type { AvroSchema } from '@millrace/pipeline/plan';

/** The TypeScript type of values of an Avro schema, as expressions and functions see them. */
export function typeOfAvro(schema: AvroSchema): string {
  return textOf(schema, { long: EXACT_LONG, named: new Map(), open: new Set() });
}

/** The same as it leaves Millrace, in results: numbers are doubles. */
export function resultTypeOfAvro(schema: AvroSchema): string {
  return textOf(schema, { long: 'number', named: new Map(), open: new Set() });
}

/** Beyond 2^53 it stays exact. */
const EXACT_LONG = 'number | bigint';

interface Context {
  readonly long: string;
  readonly named: Map<string, AvroSchema>;
  /** Types that contain what is being written: they can't be written into themselves. */
  readonly open: ReadonlySet<string>;
}

interface ComplexSchema {
  readonly type: AvroSchema;
  readonly name?: string;
  readonly namespace?: string;
  readonly logicalType?: string;
  readonly fields?: readonly { readonly name: string; readonly type: AvroSchema }[];
  readonly symbols?: readonly string[];
  readonly items?: AvroSchema;
  readonly values?: AvroSchema;
}

const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  float: 'number',
  double: 'number',
  bytes: 'Uint8Array',
  string: 'string',
};

/** Times are milliseconds, decimals numbers. */
const LOGICAL: Readonly<Record<string, string>> = {
  'timestamp-millis': 'number',
  'timestamp-micros': 'number',
  'local-timestamp-millis': 'number',
  'local-timestamp-micros': 'number',
  decimal: 'number',
  uuid: 'string',
};

function textOf(schema: AvroSchema, context: Context): string {
  if (schema === 'long') return context.long;
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? referred(schema, context);
  if (Array.isArray(schema)) {
    return [...new Set(schema.map((branch) => textOf(branch, context)))].join(' | ');
  }
  const complex = schema as unknown as ComplexSchema;
  const logical = LOGICAL[complex.logicalType ?? ''];
  if (logical !== undefined) return logical;
  const inner = remember(complex, schema, context);
  switch (complex.type) {
    case 'record':
      return `{ ${complex.fields!.map(({ name, type }) => `${name}: ${textOf(type, inner)}`).join('; ')} }`;
    case 'enum':
      return complex.symbols!.map((symbol) => `'${symbol}'`).join(' | ');
    case 'array':
      return `readonly (${textOf(complex.items!, inner)})[]`;
    case 'map':
      return `Readonly<Record<string, ${textOf(complex.values!, inner)}>>`;
    case 'fixed':
      return 'Uint8Array';
    default:
      return textOf(complex.type, inner);
  }
}

function remember({ name, namespace }: ComplexSchema, schema: AvroSchema, context: Context): Context {
  if (name === undefined) return context;
  context.named.set(name, schema);
  if (namespace !== undefined) context.named.set(`${namespace}.${name}`, schema);
  return { ...context, open: new Set([...context.open, name]) };
}

function referred(name: string, context: Context): string {
  const schema = context.named.get(name);
  const short = name.split('.').at(-1)!;
  return schema === undefined || context.open.has(short) ? 'unknown' : textOf(schema, context);
}
