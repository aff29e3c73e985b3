import type { AvroSchema } from '@millrace/pipeline/plan';

/** Port: Avro schemas by id, as in Confluent's schema registry. Ids are positive 32-bit integers. */
export interface SchemaRegistry {
  /**
   * Registers under the subject with BACKWARD compatibility and returns the id; the same schema gives the same id.
   * Rejects with `SchemaIncompatible` when readers of the new schema could not read what was written before.
   */
  register(subject: string, schema: AvroSchema): Promise<number>;
  /** Null: the registry answers that it knows no such id. Rejects when it can't be reached (a retry, no verdict). */
  schema(id: number): Promise<AvroSchema | null>;
}

export class SchemaIncompatible extends Error {
  override readonly name = 'SchemaIncompatible';
}
