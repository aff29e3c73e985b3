import type { Logger } from '@millrace/lanes/ports/logger';
import type { ResultStore } from '@millrace/lanes/ports/results';
import { Client } from 'cassandra-driver';
import { createBucketRegister } from './bucket-register.ts';
import { clientSettings } from './client-settings.ts';
import { failureOf } from './failure.ts';
import { migrate } from './migrate.ts';
import { type CassandraOptions, checkedKeyspace } from './options.ts';
import { createResultStore } from './result-store.ts';
import { createRowWriter } from './row-writer.ts';
import { createStatements } from './statements.ts';
import { createStoredLists } from './stored-lists.ts';

export interface CassandraResults extends ResultStore {
  /** Resolves when Cassandra answers; rejects in bounded time. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects, brings the tables up to date (any number of processes may do so at once) and gives the port. While
 * Cassandra is down every call rejects within seconds; the connection comes back by itself.
 * @throws CassandraUnavailable: try again
 * @throws CassandraRefused: it can't work as configured
 */
export async function openCassandraResults(
  options: CassandraOptions,
  logger: Logger,
): Promise<CassandraResults> {
  const keyspace = checkedKeyspace(options);
  const client = new Client(clientSettings(options));
  logTo(client, logger);
  try {
    await client.connect();
    await migrate({ client, keyspace, logger }, options.replication);
  } catch (error) {
    await client.shutdown().catch(() => {});
    throw failureOf(error, `open keyspace ${keyspace} at ${options.contactPoints.join(', ')}`);
  }
  const register = createBucketRegister(client, keyspace);
  const store = createResultStore({
    client,
    keyspace,
    register,
    lists: createStoredLists(client, keyspace, register),
    statements: createStatements(keyspace, options.retention ?? {}),
    writer: createRowWriter(client, register),
  });
  return {
    ...store,
    async check() {
      try {
        await client.execute('SELECT key FROM system.local');
      } catch (error) {
        throw failureOf(error, 'answer');
      }
    },
    close: () => client.shutdown(),
  };
}

/** Nodes that come and go; the driver's own warnings as information, since whoever tries again tells of failures. */
function logTo(client: Client, logger: Logger): void {
  client.on('hostDown', ({ address }) => {
    logger.warn({ node: address }, `cassandra: node ${address} is down; it is tried again every few seconds`);
  });
  client.on('hostUp', ({ address }) => logger.info({ node: address }, `cassandra: node ${address} is up`));
  client.on('log', (level: string, source: string, message: string) => {
    if (level === 'warning' || level === 'error') logger.info({}, `cassandra client, ${source}: ${message}`);
  });
}
