import type { AvroSchema } from '@millrace/pipeline/plan';
import avro from 'avsc';

interface Field {
  readonly name: string;
  readonly type: AvroSchema;
  readonly default?: unknown;
  readonly aliases?: readonly string[];
}

/**
 * Why readers of `wanted` can't read what `before` wrote, by field (`event.amount: …`); empty where avsc finds nothing.
 */
export function unreadable(before: AvroSchema, wanted: AvroSchema): readonly string[] {
  const faults = compare(before, wanted, '');
  if (faults.length > 0) return faults;
  const fault = resolveFault(before, wanted);
  return fault === null ? [] : [fault];
}

function compare(before: AvroSchema, wanted: AvroSchema, path: string): string[] {
  const written = fieldsOf(before);
  const read = fieldsOf(wanted);
  if (written === null || read === null) {
    const differ = resolveFault(before, wanted) !== null;
    return differ ? [`${path || 'the schema'}: was ${show(before)}, is ${show(wanted)}`] : [];
  }
  return read.flatMap((field) => {
    const name = path === '' ? field.name : `${path}.${field.name}`;
    const old = written.find(
      (candidate) => candidate.name === field.name || field.aliases?.includes(candidate.name),
    );
    if (old !== undefined) return compare(old.type, field.type, name);
    return field.default === undefined ? [`${name}: is new and has no default`] : [];
  });
}

/** Null: not a record. */
function fieldsOf(schema: AvroSchema): readonly Field[] | null {
  const { type, fields } = schema as { readonly type?: unknown; readonly fields?: readonly Field[] };
  return type === 'record' && fields !== undefined ? fields : null;
}

/** A type that is only named here, since it is described elsewhere, can't be looked at. */
function resolveFault(before: AvroSchema, wanted: AvroSchema): string | null {
  let types: readonly [avro.Type, avro.Type];
  try {
    types = [avro.Type.forSchema(wanted as avro.Schema), avro.Type.forSchema(before as avro.Schema)];
  } catch {
    return null;
  }
  try {
    types[0].createResolver(types[1]);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function show(schema: AvroSchema): string {
  if (typeof schema === 'string') return schema;
  if (Array.isArray(schema)) return schema.map(show).join(' or ');
  const { type, name, logicalType } = schema as Readonly<Record<string, unknown>>;
  return String(logicalType ?? name ?? (typeof type === 'string' ? type : show(type as AvroSchema)));
}
