import { isDeepStrictEqual } from 'node:util';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import type { AvroSchema } from '@millrace/pipeline/plan';
import { Failure } from '@millrace/service/failure';

/** The registry of a folder that is only read: a schema that is not there can't have written anything. */
export async function knownSchemas(registry: SchemaRegistry): Promise<SchemaRegistry> {
  const known: AvroSchema[] = [];
  // The embedded registry counts ids from 1.
  for (
    let schema = await registry.schema(1);
    schema !== null;
    schema = await registry.schema(known.length + 1)
  ) {
    known.push(schema);
  }
  return {
    async register(subject, schema) {
      const index = known.findIndex((each) => isDeepStrictEqual(each, JSON.parse(JSON.stringify(schema))));
      if (index >= 0) return index + 1;
      throw new Failure(
        `the document has changed since it ran on this folder: the schema of ${subject} is another one. Run it once, or give the document as it was.`,
      );
    },
    schema: async (id) => known[id - 1] ?? null,
  };
}
