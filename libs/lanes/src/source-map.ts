import type { AvroSchema, Expression, Scope, SourcePlan } from '@millrace/pipeline/plan';

/**
 * A source's record (a JSON object, a CSV row) as the event's fields: the mapped ones from their expressions, the
 * others by their own name, columns that the event has no field for left out. Throws `ExpressionError`.
 */
export type SourceMap = (record: unknown, position: number) => unknown;

/**
 * Null: the source has no `map`, its records are the events.
 * @param fields the event fields wanted: all (`eventFields`), or the few that ingest needs.
 */
export function createSourceMap(source: SourcePlan, fields: readonly string[]): SourceMap | null {
  const { map } = source;
  if (map === null) return null;
  const steps: readonly (readonly [string, Expression<unknown> | null])[] = fields.map((field) => [
    field,
    map.get(field) ?? null,
  ]);
  return (record, position) => {
    // The codec says what is wrong with a record that is no object.
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return record;
    const row = record as Record<string, unknown>;
    const scope: Scope = { row, row_number: position };
    const mapped: Record<string, unknown> = {};
    for (const [field, value] of steps) {
      if (value !== null) mapped[field] = value(scope);
      else if (Object.hasOwn(row, field)) mapped[field] = row[field];
    }
    return mapped;
  };
}

/** The names of the event's fields, in the order of its schema. */
export function eventFields(schema: AvroSchema): string[] {
  const fields = (schema as { readonly fields?: readonly { readonly name: string }[] }).fields;
  if (fields === undefined) throw new Error('the event schema is not a record');
  return fields.map(({ name }) => name);
}
