import { errors, types } from 'cassandra-driver';

/** Cassandra can't do it now: try again. */
export class CassandraUnavailable extends Error {
  override readonly name = 'CassandraUnavailable';
}

/** Cassandra will not do it as configured, however often it is asked. */
export class CassandraRefused extends Error {
  override readonly name = 'CassandraRefused';
}

const { responseErrorCodes: code } = types;
const REFUSALS = new Set<number>([
  code.badCredentials,
  code.unauthorized,
  code.syntaxError,
  code.invalid,
  code.configError,
]);

/**
 * What the driver threw, as an error of ours. Texts only: the driver's errors carry statements and clients with them,
 * which would end in logs.
 * @param doing `read alerts`
 */
export function failureOf(error: unknown, doing: string): Error {
  // A value that can't be encoded is a defect, and not to be tried again.
  if (error instanceof TypeError || error instanceof RangeError) return error;
  if (error instanceof CassandraRefused || error instanceof CassandraUnavailable) return error;
  const causes = causesOf(error);
  const reason = causes.map(({ message }) => message).join('; ');
  const message = `Cassandra could not ${doing}: ${reason}`;
  return causes.some(isRefusal) ? new CassandraRefused(message) : new CassandraUnavailable(message);
}

/** The failures of the nodes that were asked, where there are any. */
function causesOf(error: unknown): Error[] {
  if (!(error instanceof errors.NoHostAvailableError)) {
    return [error instanceof Error ? error : new Error(String(error))];
  }
  // Of a host that it takes for down, the driver says so in a text instead of an error.
  const hosts = Object.entries(error.innerErrors ?? {}) as [host: string, inner: Error | string | null][];
  if (hosts.length === 0) return [new Error(error.message)];
  return hosts.map(([host, inner]) => {
    const cause = inner instanceof Error ? inner : new Error(inner ?? 'not reached');
    return Object.assign(new Error(`${host}: ${cause.message}`), {
      ...('code' in cause && { code: cause.code }),
      ...(cause instanceof errors.AuthenticationError && { code: code.badCredentials }),
      ...(cause instanceof errors.ArgumentError && { code: code.configError }),
    });
  });
}

function isRefusal(error: Error): boolean {
  if (error instanceof errors.AuthenticationError || error instanceof errors.ArgumentError) return true;
  return 'code' in error && typeof error.code === 'number' && REFUSALS.has(error.code);
}
