import type { EventPlan } from '@millrace/pipeline/plan';

type Row = Readonly<Record<string, unknown>>;

/** The first of `fields` that the event's id changes with; undefined: none of them. */
export function idFieldOf(event: EventPlan, record: Row, fields: readonly string[]): string | undefined {
  const before = idOf(event, record);
  if (before === null) return undefined;
  return fields.find((field) => {
    const after = idOf(event, { ...record, [field]: variant(record[field], PROBE) });
    return after !== null && after !== before;
  });
}

const PROBE = 1_000_003;

/** Another value of the same type, for each seed one. */
export function variant(value: unknown, seed: number): unknown {
  if (typeof value === 'number') return Math.trunc(value) + seed;
  return typeof value === 'string' ? `${value}-${seed}` : value;
}

/** Null: it has none of its own, or it can't be computed. */
function idOf({ id, codec, ingestFields }: EventPlan, record: Row): string | null {
  if (id === null) return null;
  const { event } = codec.partial(ingestFields).read(record, { textual: false, unknownFields: 'ignore' });
  if (event === null) return null;
  try {
    return id({ event });
  } catch {
    return null;
  }
}
