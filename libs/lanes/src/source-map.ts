import type { AvroSchema, Scope, SourcePlan } from '@millrace/pipeline/plan';

/**
 * A source's record (a JSON object, a CSV row) as the event's fields: what the source's `map` gives, and nothing
 * else. Throws `ExpressionError`.
 * @param position of the record in its source: `row_number`.
 */
export type SourceMap = (record: unknown, position: number) => unknown;

/**
 * Null: the source has no `map`, its records are the events.
 * @param fields the event fields wanted: all (`eventFields`), or the few that ingest needs.
 */
export function createSourceMap(source: SourcePlan, fields: readonly string[]): SourceMap | null {
  if (source.map === null) return null;
  const steps = [...source.map].filter(([field]) => fields.includes(field));
  return (record, position) => {
    // The codec says what is wrong with a record that is no object.
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return record;
    const scope: Scope = { row: record as Record<string, unknown>, row_number: position };
    const mapped: Record<string, unknown> = {};
    for (const [field, value] of steps) mapped[field] = value(scope);
    return mapped;
  };
}

/** The names of the event's fields, in the order of its schema. */
export function eventFields(schema: AvroSchema): string[] {
  const { fields } = schema as { readonly fields?: readonly { readonly name: string }[] };
  if (fields === undefined) throw new Error('the event schema is not a record');
  return fields.map(({ name }) => name);
}
