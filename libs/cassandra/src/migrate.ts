import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@millrace/lanes/ports/logger';
import { type Client, types } from 'cassandra-driver';
import { CassandraRefused, CassandraUnavailable } from './failure.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Replication } from './options.ts';

/** Who holds the lock and died keeps the others waiting this long at most. */
const LOCK_TTL_S = 60;
const LOCK_PAUSE_MS = 200;
/** Longer than a lock that its holder left behind. */
const DEADLINE_MS = 90_000;
const VISIBLE_WITHIN_MS = 10_000;
/** A change of the schema is slower than anything else. */
const SCHEMA_TIMEOUT_MS = 30_000;

interface Step {
  readonly client: Client;
  readonly keyspace: string;
  readonly logger: Logger;
}

/**
 * Brings the keyspace's tables up to date, whoever else does so at the same time.
 * @throws CassandraRefused where the keyspace is missing and may not be created
 */
export async function migrate(step: Step, replication: Replication | undefined): Promise<void> {
  const { keyspace, logger } = step;
  await ensureKeyspace(step, replication);
  await onceVisible(() => ensureVersionTable(step));
  const owner = randomUUID();
  const giveUpAt = performance.now() + DEADLINE_MS;
  for (;;) {
    const applied = await onceVisible(() => appliedNumbers(step));
    const pending = MIGRATIONS.filter(({ number }) => !applied.has(number));
    if (pending.length === 0) return;
    if (await lock(step, owner)) {
      try {
        for (const { number, statements } of pending) {
          for (const statement of statements) await changeSchema(step, statement);
          await insertApplied(step, number);
          logger.info(
            { keyspace, migration: number },
            `tables of keyspace ${keyspace}: migration ${number} done`,
          );
        }
        return;
      } finally {
        // It expires by itself; the failure that led here says more.
        await unlock(step, owner).catch(() => {});
      }
    }
    if (performance.now() > giveUpAt) {
      throw new CassandraUnavailable(
        `Another process has been changing the tables of keyspace ${keyspace} for ${DEADLINE_MS / 1_000} s.`,
      );
    }
    await sleep(LOCK_PAUSE_MS);
  }
}

/** What another process has just made is on its node's disk before that node knows of it. */
async function onceVisible<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + VISIBLE_WITHIN_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isUnknownName(error) || performance.now() > giveUpAt) throw error;
    }
    await sleep(LOCK_PAUSE_MS);
  }
}

async function ensureKeyspace({ client, keyspace, ...rest }: Step, replication?: Replication): Promise<void> {
  const query = 'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?';
  if ((await client.execute(query, [keyspace])).rowLength > 0) return;
  if (replication === undefined) {
    throw new CassandraRefused(
      `There is no keyspace ${keyspace}. Create it, as with CREATE KEYSPACE ${keyspace} WITH replication = ` +
        "{ 'class': 'NetworkTopologyStrategy', 'DATA_CENTER': 3 }, or give the replication to create it with.",
    );
  }
  const statement = `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replicationText(replication)}`;
  await changeSchema({ client, keyspace, ...rest }, statement);
}

function replicationText(replication: Replication): string {
  const factors =
    typeof replication === 'number'
      ? { replication_factor: replication }
      : (replication as Record<string, number>);
  const entries = Object.entries(factors).map(([name, factor]) => {
    if (!/^[\w .:-]+$/.test(name) || !Number.isSafeInteger(factor) || factor < 1) {
      throw new RangeError(
        `replication: ${JSON.stringify(name)}: ${factor} is not a data centre with replicas`,
      );
    }
    return `'${name}': ${factor}`;
  });
  return `{ 'class': 'NetworkTopologyStrategy', ${entries.join(', ')} }`;
}

/**
 * The table that holds the lock can't be made under the lock. Two nodes that are told to make a table at the same time
 * give it two ids and come to blows; with the id given they make the same table.
 */
async function ensureVersionTable(step: Step): Promise<void> {
  const { client, keyspace } = step;
  const query =
    "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'migrations'";
  if ((await client.execute(query, [keyspace])).rowLength > 0) return;
  await changeSchema(
    step,
    `CREATE TABLE IF NOT EXISTS {keyspace}.migrations ` +
      `(part text, number int, owner text, at timestamp, PRIMARY KEY (part, number)) WITH id = ${tableId(keyspace)}`,
  );
}

function tableId(keyspace: string): string {
  const bytes = createHash('sha256').update(`millrace/${keyspace}/migrations`).digest().subarray(0, 16);
  // Version 8: made by a rule of our own (RFC 9562).
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return new types.Uuid(bytes).toString();
}

/** Resolves when all nodes have the change. */
async function changeSchema({ client, keyspace }: Step, statement: string): Promise<void> {
  const { info } = await client.execute(statement.replaceAll('{keyspace}', keyspace), [], {
    prepare: false,
    isIdempotent: false,
    readTimeout: SCHEMA_TIMEOUT_MS,
  });
  // The driver has waited for it; its types don't say so.
  if ((info as { readonly isSchemaInAgreement?: boolean }).isSchemaInAgreement) return;
  throw new CassandraUnavailable(
    `The nodes of the cluster do not agree on the tables of keyspace ${keyspace}: is one of them down?`,
  );
}

async function appliedNumbers({ client, keyspace }: Step): Promise<Set<number>> {
  const { rows } = await client.execute(`SELECT number FROM ${keyspace}.migrations WHERE part = 'applied'`);
  return new Set(rows.map((row) => row.number as number));
}

async function insertApplied({ client, keyspace }: Step, number: number): Promise<void> {
  const query = `INSERT INTO ${keyspace}.migrations (part, number, at) VALUES ('applied', ?, ?)`;
  await client.execute(query, [number, new Date()]);
}

async function lock({ client, keyspace }: Step, owner: string): Promise<boolean> {
  const query =
    `INSERT INTO ${keyspace}.migrations (part, number, owner) VALUES ('lock', 0, ?) ` +
    `IF NOT EXISTS USING TTL ${LOCK_TTL_S}`;
  try {
    const result = await client.execute(query, [owner], { isIdempotent: false });
    return result.wasApplied() || result.first()?.owner === owner;
  } catch (error) {
    // Many at once: nobody may have got it. If it was us, the next try says so.
    if (isWriteTimeout(error)) return false;
    throw error;
  }
}

async function unlock({ client, keyspace }: Step, owner: string): Promise<void> {
  const query = `DELETE FROM ${keyspace}.migrations WHERE part = 'lock' AND number = 0 IF owner = ?`;
  await client.execute(query, [owner], { isIdempotent: false });
}

function isWriteTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === types.responseErrorCodes.writeTimeout;
}

function isUnknownName(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  const codes: unknown[] = [types.responseErrorCodes.invalid, types.responseErrorCodes.configError];
  return codes.includes(error.code) && /does(n't| not) exist|unconfigured/.test(error.message);
}
