import { SchemaIncompatible, type SchemaRegistry } from '@millrace/lanes/ports/registry';
import type { AvroSchema } from '@millrace/pipeline/plan';
import avro from 'avsc';
import type { Disk } from './disk.ts';
import { after, integerAt, key, SPACE } from './keys.ts';
import type { Writer } from './writer.ts';

/** Avro says nothing with these; a schema that differs in them alone is the same. */
const MEANINGLESS = new Set(['doc']);

/**
 * Schemas by id, counted from 1; subjects as lists of ids. BACKWARD as in Confluent's registry: a new schema must
 * read what its subject's latest wrote.
 */
export function createSchemaRegistry(disk: Disk, writer: Writer): SchemaRegistry {
  const schemas = new Map<number, AvroSchema>();
  const ids = new Map<string, number>();
  const subjects = new Map<string, readonly number[]>();
  let highest = 0;

  const schemaPrefix = key(SPACE.schema).end();
  for (const entry of disk.range({ from: schemaPrefix, to: after(schemaPrefix) })) {
    const schema: AvroSchema = JSON.parse(Buffer.from(entry.value).toString());
    remember(integerAt(entry.key, schemaPrefix.length), schema);
  }
  const subjectPrefix = key(SPACE.subject).end();
  for (const { value } of disk.range({ from: subjectPrefix, to: after(subjectPrefix) })) {
    const { subject, versions } = JSON.parse(Buffer.from(value).toString());
    subjects.set(subject, versions);
  }

  function remember(id: number, schema: AvroSchema): void {
    schemas.set(id, schema);
    ids.set(canonical(schema), id);
    highest = Math.max(highest, id);
  }

  function check(subject: string, schema: AvroSchema, versions: readonly number[]): void {
    const latest = versions.at(-1);
    const reader = parse(subject, schema);
    if (latest === undefined) return;
    try {
      reader.createResolver(parse(subject, schemas.get(latest)!));
    } catch (error) {
      throw new SchemaIncompatible(
        `The new schema of ${subject} can't read what was written with schema ${latest}: ${(error as Error).message}. ` +
          'Give added fields a default, and keep names and types of those that stay.',
      );
    }
  }

  return {
    register: (subject, schema) =>
      writer.submit((transaction) => {
        const text = canonical(schema);
        const versions = subjects.get(subject) ?? [];
        const known = ids.get(text);
        if (known !== undefined && versions.includes(known)) return known;
        check(subject, schema, versions);
        const id = known ?? highest + 1;
        if (known === undefined) {
          const before = highest;
          transaction.onUndo(() => {
            schemas.delete(id);
            ids.delete(text);
            highest = before;
          });
          remember(id, schema);
          transaction.put(key(SPACE.schema).integer(id).end(), Buffer.from(JSON.stringify(schema)));
        }
        transaction.onUndo(() => subjects.set(subject, versions));
        subjects.set(subject, [...versions, id]);
        const saved = { subject, versions: [...versions, id] };
        transaction.put(key(SPACE.subject).text(subject).end(), Buffer.from(JSON.stringify(saved)));
        return id;
      }),
    async schema(id) {
      const saved = disk.get(key(SPACE.schema).integer(id).end());
      return saved ? JSON.parse(Buffer.from(saved).toString()) : null;
    },
  };
}

function parse(subject: string, schema: AvroSchema): avro.Type {
  try {
    return avro.Type.forSchema(schema as avro.Schema);
  } catch (error) {
    throw new TypeError(`The schema of ${subject} is not valid Avro: ${(error as Error).message}`);
  }
}

/** The same text for schemas that differ in the order of their attributes and in their comments alone. */
function canonical(schema: AvroSchema): string {
  return JSON.stringify(schema, (name, value) => {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
    // A field's default may be any JSON, whose own names mean something.
    if (name === 'default') return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([attribute]) => !MEANINGLESS.has(attribute))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  });
}
