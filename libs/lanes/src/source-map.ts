import type { Scope, SourcePlan } from '@millrace/pipeline/plan';

/**
 * A source's record (a JSON object, a CSV row) as the event's fields: what the source's `map` gives, and nothing
 * else. Throws `ExpressionError`.
 * @param position of the record in its source: `row_number`.
 */
export type SourceMap = (record: unknown, position: number) => unknown;

/**
 * Null: the source has no `map`, its records are the events.
 * @param wanted event fields that are enough, such as ingest's; absent: all.
 */
export function createSourceMap(source: SourcePlan, wanted?: readonly string[]): SourceMap | null {
  if (source.map === null) return null;
  const steps = [...source.map].filter(([field]) => wanted === undefined || wanted.includes(field));
  return (record, position) => {
    // The codec says what is wrong with a record that is no object.
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return record;
    const scope: Scope = { row: record as Record<string, unknown>, row_number: position };
    const mapped: Record<string, unknown> = {};
    for (const [field, value] of steps) mapped[field] = value(scope);
    return mapped;
  };
}
