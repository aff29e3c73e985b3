import { avroType, fieldsOf, recordOf, SchemaError, type Type } from '@millrace/pipeline/avro-type';
import type { AvroSchema, DerivedSchemas, Plan } from '@millrace/pipeline/plan';
import { LANE_FIELD_COUNT } from './lane-fields.ts';
import type { SchemaRegistry } from './ports/registry.ts';

/** Ids by the record's full name, as the registry gave them. */
export type SchemaIds = ReadonlyMap<string, number>;

/** What a record can be, by its name without the namespace; windows are `Window_NAME`. */
export interface RecordSchema {
  readonly name: string;
  readonly id: number;
  /** The record without its lane fields, as it was written. */
  readonly body: Type;
  /** Written with this plan's schema, not an older or newer one. */
  readonly current: boolean;
}

export interface RecordSchemas {
  /** This plan's schema of a record. */
  own(name: string): RecordSchema;
  /** Null: known not to be a record of this pipeline. Undefined: not known; `learn` it. */
  byId(id: number): RecordSchema | null | undefined;
  /** False: the registry does not know it. Rejects when it can't be reached. */
  learn(id: number): Promise<boolean>;
}

/** Every record's schema, by the subject that it is registered under. */
export function schemasBySubject(plan: Pick<Plan, 'pipeline' | 'schemas'>): ReadonlyMap<string, AvroSchema> {
  const { windows, alert, ...rest } = plan.schemas;
  const subjects = [
    ...Object.values(rest as Omit<DerivedSchemas, 'windows' | 'alert'>),
    ...windows.values(),
  ].map(
    // Topics that hold several kinds of records: Confluent's RecordNameStrategy.
    (schema): [string, AvroSchema] => [fullName(schema), schema],
  );
  return new Map([...subjects, [`${plan.pipeline}.alerts-value`, alert]]);
}

/**
 * Registers all schemas of the plan. Rejects with `SchemaIncompatible` when what was written before could not be read
 * any more, and when the registry can't be reached.
 */
export async function registerSchemas(
  registry: SchemaRegistry,
  plan: Pick<Plan, 'pipeline' | 'schemas'>,
): Promise<SchemaIds> {
  const ids = new Map<string, number>();
  for (const [subject, schema] of schemasBySubject(plan)) {
    ids.set(fullName(schema), await registry.register(subject, schema));
  }
  return ids;
}

export function createRecordSchemas(
  plan: Pick<Plan, 'pipeline' | 'schemas'>,
  ids: SchemaIds,
  registry: SchemaRegistry,
): RecordSchemas {
  const own = new Map<string, RecordSchema>();
  const known = new Map<number, RecordSchema | null>();
  for (const schema of schemasBySubject(plan).values()) {
    const name = fullName(schema);
    const id = ids.get(name);
    if (id === undefined) throw new Error(`the schema of ${name} has no id: register all schemas first`);
    const entry = { name: shortName(name), id, body: bodyOf(schema)!, current: true };
    own.set(entry.name, entry);
    known.set(id, entry);
  }

  return {
    own(name) {
      const entry = own.get(name);
      if (entry === undefined) throw new Error(`the plan of ${plan.pipeline} has no record ${name}`);
      return entry;
    },
    byId: (id) => known.get(id),
    async learn(id) {
      if (known.has(id)) return true;
      const schema = await registry.schema(id);
      if (schema === null) return false;
      const name = fullName(schema);
      const ours = own.get(shortName(name));
      const body = ours !== undefined && fullNameOf(plan, ours) === name ? bodyOf(schema) : null;
      known.set(id, body === null ? null : { name: shortName(name), id, body, current: false });
      return true;
    },
  };
}

function fullNameOf(plan: Pick<Plan, 'pipeline'>, { name }: RecordSchema): string {
  return `millrace.${plan.pipeline}.${name}`;
}

function fullName(schema: AvroSchema): string {
  const { name, namespace } = schema as { readonly name?: unknown; readonly namespace?: unknown };
  const text = String(name);
  return typeof namespace === 'string' && !text.includes('.') ? `${namespace}.${text}` : text;
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Null: not a record that begins with lane fields. */
function bodyOf(schema: AvroSchema): Type | null {
  try {
    const { type } = avroType(schema);
    if (type.typeName !== 'record') return null;
    const fields = fieldsOf(type);
    const lane = fields.slice(0, LANE_FIELD_COUNT);
    const isLane =
      lane.length === LANE_FIELD_COUNT &&
      lane.every(({ type: { typeName } }) => /^(long|int)$/.test(typeName));
    return isLane ? recordOf(type.name!, fields.slice(LANE_FIELD_COUNT)) : null;
  } catch (error) {
    if (error instanceof SchemaError) return null;
    throw error;
  }
}
