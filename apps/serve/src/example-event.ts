import type { AvroSchema } from '@millrace/pipeline/plan';

/** How deep a schema that contains itself is followed. */
const MAX_DEPTH = 6;

/**
 * An event that fits the schema, as JSON data to send: times are `nowMs`, strings and numbers look like what the
 * field's name says, unless the field has an `example` of its own (an attribute that Avro leaves to applications).
 */
export function exampleEvent(schema: AvroSchema, nowMs: number): Record<string, unknown> {
  const named = new Map<string, AvroSchema>();
  return exampleOf(schema, { field: 'event', nowMs, named, depth: 0 }) as Record<string, unknown>;
}

interface Place {
  readonly field: string;
  readonly nowMs: number;
  readonly named: Map<string, AvroSchema>;
  readonly depth: number;
}

function exampleOf(schema: AvroSchema, place: Place): unknown {
  if (place.depth > MAX_DEPTH) return null;
  if (typeof schema === 'string') return exampleOfName(schema, place);
  if (Array.isArray(schema)) return exampleOf(schema.find((branch) => branch !== 'null') ?? 'null', place);
  const type = schema as { readonly [key: string]: unknown };
  if (typeof type.name === 'string') remember(type, place.named);
  if (typeof type.logicalType === 'string') {
    const example = exampleOfLogical(type.logicalType, place, type);
    if (example !== undefined) return example;
  }
  const deeper = { ...place, depth: place.depth + 1 };
  switch (type.type) {
    case 'record':
    case 'error':
      return exampleOfFields(type.fields as readonly Field[], deeper);
    case 'enum':
      return (type.symbols as readonly string[])[0];
    case 'array':
      return [exampleOf(type.items as AvroSchema, deeper)];
    case 'map':
      return { key: exampleOf(type.values as AvroSchema, deeper) };
    case 'fixed':
      return '\u0000'.repeat(type.size as number);
    default:
      return exampleOf(type.type as AvroSchema, deeper);
  }
}

interface Field {
  readonly name: string;
  readonly type: AvroSchema;
  readonly example?: unknown;
}

function exampleOfFields(fields: readonly Field[], place: Place) {
  return Object.fromEntries(
    fields.map(({ name, type, example }) => [name, example ?? exampleOf(type, { ...place, field: name })]),
  );
}

function remember(type: { readonly [key: string]: unknown }, named: Map<string, AvroSchema>): void {
  const name = type.name as string;
  named.set(name, type);
  if (typeof type.namespace === 'string') named.set(`${type.namespace}.${name}`, type);
}

function exampleOfName(name: string, place: Place): unknown {
  switch (name) {
    case 'null':
      return null;
    case 'boolean':
      return true;
    case 'int':
      return 1;
    case 'long':
      return isTime(place.field) ? place.nowMs : 1;
    case 'float':
    case 'double':
      return exampleNumber(place.field);
    case 'bytes':
      return '';
    case 'string':
      return exampleText(place);
    default: {
      const type = place.named.get(name);
      return type === undefined ? null : exampleOf(type, { ...place, depth: place.depth + 1 });
    }
  }
}

function exampleOfLogical(logicalType: string, { nowMs, field }: Place, type: object): unknown {
  switch (logicalType) {
    case 'decimal': {
      // JSON's number in the event; with a scale, it may have a fraction.
      const { scale = 0 } = type as { readonly scale?: number };
      return scale > 0 ? exampleNumber(field) : Math.trunc(exampleNumber(field));
    }
    case 'timestamp-millis':
    case 'timestamp-micros':
      return new Date(nowMs).toISOString();
    case 'date':
      return new Date(nowMs).toISOString().slice(0, 10);
    case 'uuid':
      return '6f0e9d1c-3b5a-4c87-9a2e-1d0c5b7f8a64';
    default:
      return undefined;
  }
}

function exampleNumber(field: string): number {
  if (/^lat/i.test(field)) return 52.5;
  if (/^(lon|lng)/i.test(field)) return 13.4;
  return 42.5;
}

function exampleText({ field, nowMs }: Place): string {
  if (isTime(field)) return new Date(nowMs).toISOString();
  if (/currency/i.test(field)) return 'EUR';
  if (/country/i.test(field)) return 'DE';
  if (/mail/i.test(field)) return 'someone@example.com';
  return `${field.replace(/_?id$/i, '') || 'id'}-1`;
}

function isTime(field: string): boolean {
  return /(^|_)(time|timestamp|ts|at|date)$/i.test(field) || /[a-z](At|Time|Date)$/.test(field);
}
