/** How to reach Cassandra, and what to keep there for how long. */
export interface CassandraOptions {
  /** `host:port` of some nodes; the others are learnt from them. Without a port: 9042. */
  readonly contactPoints: readonly string[];
  /** The data centre that requests go to. Default: `datacenter1`, Cassandra's own. */
  readonly dataCenter?: string;
  /** Default: `millrace`. Lower-case letters, digits and `_`. */
  readonly keyspace?: string;
  /** Creates the keyspace where it is missing. Without it a missing keyspace is refused. */
  readonly replication?: Replication;
  /** Default: `LOCAL_QUORUM`. A weaker one may lose what a node that dies had alone. */
  readonly consistency?: Consistency;
  readonly retention?: Retention;
  /** `true`: encrypted, by the authorities that Node knows. */
  readonly tls?: TlsOptions | true;
  readonly credentials?: { readonly username: string; readonly password: string };
}

/** One number for a single data centre, else replicas by data centre. */
export type Replication = number | Readonly<Record<string, number>>;

export type Consistency = 'LOCAL_QUORUM' | 'QUORUM' | 'ALL' | 'LOCAL_ONE' | 'ONE';

/** How long a row stays after its last write, in milliseconds. Absent: for ever. */
export interface Retention {
  readonly windowsMs?: number;
  readonly alertsMs?: number;
  readonly eventsMs?: number;
  readonly deadLettersMs?: number;
}

/** PEM texts. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name in the nodes' certificates, where it is not their address. */
  readonly serverName?: string;
}

export const DEFAULT_KEYSPACE = 'millrace';
export const DEFAULT_DATA_CENTER = 'datacenter1';
const KEYSPACE_PATTERN = /^[a-z][a-z0-9_]{0,47}$/;

/** It becomes part of statements, where it can't be a parameter. */
export function checkedKeyspace({ keyspace = DEFAULT_KEYSPACE }: CassandraOptions): string {
  if (KEYSPACE_PATTERN.test(keyspace)) return keyspace;
  throw new RangeError(
    `${JSON.stringify(keyspace)} can't be a keyspace: use up to 48 lower-case letters, digits and "_", a letter first.`,
  );
}
