import type { Logger } from '@millrace/lanes/ports/logger';
import { SchemaIncompatible, type SchemaRegistry } from '@millrace/lanes/ports/registry';
import type { AvroSchema } from '@millrace/pipeline/plan';
import {
  type Answer,
  createRegistryApi,
  type RegistryApi,
  RegistryError,
  type RegistryOptions,
} from './registry-api.ts';
import { unreadable } from './schema-difference.ts';

export type { RegistryOptions } from './registry-api.ts';

/** Those that promise at least that new readers read what was written. */
const COMPATIBLE: ReadonlySet<string> = new Set([
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
]);
const ID_MAX = 2 ** 31 - 1;
/** Two processes that register at once may be in each other's way, which then looks like a refusal. */
const TRIES = 3;

/**
 * Schemas in a registry with Confluent's API, Apicurio's too. Ids and schemas never change, and are asked for once.
 * Rejects with `RegistryError` where there is no answer, in bounded time.
 */
export function openRegistry(options: RegistryOptions & { readonly logger: Logger }): SchemaRegistry {
  const api = createRegistryApi(options);
  const ids = new Map<string, Promise<number>>();
  const schemas = new Map<number, AvroSchema>();

  return {
    register(subject, schema) {
      const text = JSON.stringify(schema);
      const key = JSON.stringify([subject, text]);
      let id = ids.get(key);
      if (id === undefined) {
        id = register(api, subject, text, options.logger);
        ids.set(key, id);
        id.catch(() => ids.delete(key));
      }
      return id;
    },
    async schema(id) {
      // Ids come from the bytes of records, whoever wrote them; of what can't be one a registry may say anything.
      if (!Number.isInteger(id) || id < 1 || id > ID_MAX) return null;
      const known = schemas.get(id);
      if (known !== undefined) return known;
      const answer = await api.schema(id);
      if ('refused' in answer) {
        await api.confirm();
        return null;
      }
      if (answer.schemaType !== undefined && answer.schemaType !== 'AVRO') return null;
      const schema = parse(answer, `schema ${id}`);
      schemas.set(id, schema);
      return schema;
    },
  };
}

async function register(api: RegistryApi, subject: string, text: string, logger: Logger): Promise<number> {
  let reason = '';
  for (let tries = 0; tries < TRIES; tries++) {
    // Also what was registered before a later one: it stays what it was.
    const known = await api.registered(subject, text);
    if ('id' in known) return known.id!;
    await settleCompatibility(api, subject, logger);
    const answer = await api.register(subject, text);
    if ('id' in answer) return answer.id!;
    if (!('refused' in answer) || answer.refused === 'unknown') continue;
    reason = answer.message;
    const latest = await api.latest(subject);
    if ('refused' in latest) continue;
    const faults = unreadable(parse(latest, subject), JSON.parse(text) as AvroSchema);
    if (faults.length > 0 || answer.refused === 'incompatible') throw incompatible(subject, faults, reason);
  }
  throw new RegistryError(`the schema registry does not take the schema of ${subject}: ${reason}`, false);
}

/** Before the first schema, so that there is never one that nothing is checked against. */
async function settleCompatibility(api: RegistryApi, subject: string, logger: Logger): Promise<void> {
  const level = await levelOf(api, subject);
  if (level !== null && COMPATIBLE.has(level)) return;
  if (level !== null) {
    logger.warn(
      { subject, level },
      'the compatibility of a subject is set to BACKWARD, without which readers may fail',
    );
  }
  const set = await api.setCompatibility(subject, 'BACKWARD');
  if (!('refused' in set)) return;
  // Apicurio refuses the second of two processes that set it at once.
  if (COMPATIBLE.has((await levelOf(api, subject)) ?? '')) return;
  await api.confirm();
  throw new RegistryError(
    `the schema registry does not let the compatibility of ${subject} be set: ${set.message}`,
    false,
  );
}

/** Null: the subject has none of its own. */
async function levelOf(api: RegistryApi, subject: string): Promise<string | null> {
  const found = await api.compatibility(subject);
  return 'refused' in found ? null : (found.compatibilityLevel ?? null);
}

function incompatible(subject: string, faults: readonly string[], reason: string): SchemaIncompatible {
  return new SchemaIncompatible(
    `The new schema of ${subject} can't read what was written before: ${faults.join('; ') || reason}. ` +
      'Give added fields a default, and keep names and types of those that stay; or start anew under another pipeline name.',
  );
}

/** @throws RegistryError when it is not JSON. */
function parse({ schema = '' }: Answer, what: string): AvroSchema {
  try {
    return JSON.parse(schema) as AvroSchema;
  } catch (error) {
    throw new RegistryError(`the schema registry gives ${what} as something that is not JSON`, false, {
      cause: error,
    });
  }
}
