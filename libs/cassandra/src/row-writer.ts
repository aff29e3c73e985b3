import type { Client } from 'cassandra-driver';
import pLimit from 'p-limit';
import type { BucketRegister } from './bucket-register.ts';
import type { Placed, RowWrites, Statement } from './statements.ts';

/** Writes under way at once, of all calls together. */
const WRITES_IN_FLIGHT_MAX = 64;
/** Of one partition in one request: they become one mutation, which must stay far below Cassandra's 16 MiB. */
const GROUP_STATEMENTS_MAX = 50;
const GROUP_BYTES_MAX = 256 * 1_024;

export interface RowWriter {
  /** Resolves when all of it is durable. After the first failure what has not begun is left out. */
  write(writes: readonly RowWrites[]): Promise<void>;
  /** Statements without places, one after another. */
  inOrder(statements: readonly Statement[]): Promise<void>;
}

export function createRowWriter(client: Client, register: BucketRegister): RowWriter {
  const limit = pLimit(WRITES_IN_FLIGHT_MAX);

  async function send(group: readonly Statement[]): Promise<void> {
    const [only] = group;
    if (group.length === 1) {
      await client.execute(only!.query, only!.params);
      return;
    }
    const queries = group.map(({ query, params }) => ({ query, params: [...params] }));
    await client.batch(queries, { logged: false, prepare: true, isIdempotent: true });
  }

  async function all(tasks: readonly (() => Promise<void>)[]): Promise<void> {
    let failed = false;
    await Promise.all(
      tasks.map((task) =>
        limit(async () => {
          if (failed) return;
          try {
            await task();
          } catch (error) {
            failed = true;
            throw error;
          }
        }),
      ),
    );
  }

  return {
    async write(writes) {
      const places = distinct(writes.flatMap((write) => write.places));
      await all(
        places.map(
          ({ pipeline, listing, bucket, retentionMs }) =>
            () =>
              register.ensure(pipeline, listing, bucket, retentionMs),
        ),
      );
      const groups = groupsOf(writes.flatMap(({ statements }) => statements));
      await all(groups.map((group) => () => send(group)));
    },
    async inOrder(statements) {
      for (const statement of statements) await limit(() => send([statement]));
    },
  };
}

function distinct(places: readonly Placed[]): Placed[] {
  const found = new Map<string, Placed>();
  for (const place of places) found.set(`${place.pipeline}\n${place.listing}\n${place.bucket}`, place);
  return [...found.values()];
}

/** By partition, so that a group is one mutation: a batch over several would cost more than its parts. */
function groupsOf(statements: readonly Statement[]): Statement[][] {
  const open = new Map<string, { statements: Statement[]; bytes: number }>();
  const groups: Statement[][] = [];
  for (const statement of statements) {
    let group = open.get(statement.partition);
    const isFull =
      group !== undefined &&
      (group.statements.length === GROUP_STATEMENTS_MAX || group.bytes + statement.bytes > GROUP_BYTES_MAX);
    if (group === undefined || isFull) {
      group = { statements: [], bytes: 0 };
      open.set(statement.partition, group);
      groups.push(group.statements);
    }
    group.statements.push(statement);
    group.bytes += statement.bytes;
  }
  return groups;
}
