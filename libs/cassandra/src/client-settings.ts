import type { ConnectionOptions } from 'node:tls';
import { type ClientOptions, policies, types } from 'cassandra-driver';
import { type CassandraOptions, DEFAULT_DATA_CENTER, type TlsOptions } from './options.ts';

/** How long an answer is waited for; then another node is asked, where there is one. */
export const ANSWER_TIMEOUT_MS = 5_000;
export const CONNECT_TIMEOUT_MS = 3_000;
/** A node that has not answered by then is not waited for alone. */
const SPECULATION_DELAY_MS = 1_000;
/** The pauses between tries to reach a node that is down grow from MIN to MAX. */
const RECONNECT_PAUSE_MIN_MS = 250;
const RECONNECT_PAUSE_MAX_MS = 5_000;
/** A connection that went silent is noticed by then, even where nobody asks. */
const HEARTBEAT_MS = 10_000;
const SCHEMA_AGREEMENT_WAIT_S = 20;
/** Rows of an answer; the statements' own limits are below it. */
const ANSWER_ROWS_MAX = 20_000;

/** The driver's types have not all of its options. */
type DriverOptions = ClientOptions & { readonly monitorReporting: { readonly enabled: boolean } };

/** No keyspace: the statements name it, so that the same client can create it. */
export function clientSettings(options: CassandraOptions): DriverOptions {
  const { contactPoints, dataCenter = DEFAULT_DATA_CENTER, consistency = 'LOCAL_QUORUM' } = options;
  return {
    contactPoints: [...contactPoints],
    ...(options.credentials && { credentials: { ...options.credentials } }),
    ...(options.tls && { sslOptions: tlsSettings(options.tls) }),
    // Everything here is safe to repeat unless it says otherwise: rows carry their own timestamps.
    queryOptions: {
      consistency: consistencyCode(consistency),
      serialConsistency: types.consistencies.localSerial,
      prepare: true,
      isIdempotent: true,
      fetchSize: ANSWER_ROWS_MAX,
    },
    policies: {
      // The data centre is given here alone: where the driver itself checks it, it leaves a connection open.
      loadBalancing: new policies.loadBalancing.TokenAwarePolicy(
        new policies.loadBalancing.DCAwareRoundRobinPolicy(dataCenter),
      ),
      // Another node, once each; what fails on all of them is for the caller to repeat.
      retry: new policies.retry.RetryPolicy(),
      speculativeExecution: new policies.speculativeExecution.ConstantSpeculativeExecutionPolicy(
        SPECULATION_DELAY_MS,
        1,
      ),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(
        RECONNECT_PAUSE_MIN_MS,
        RECONNECT_PAUSE_MAX_MS,
        false,
      ),
    },
    socketOptions: { connectTimeout: CONNECT_TIMEOUT_MS, readTimeout: ANSWER_TIMEOUT_MS },
    pooling: { heartBeatInterval: HEARTBEAT_MS },
    protocolOptions: { maxSchemaAgreementWaitSeconds: SCHEMA_AGREEMENT_WAIT_S },
    // 64-bit integers exactly, maps with keys of their own type.
    encoding: { useBigIntAsLong: true, map: Map },
    monitorReporting: { enabled: false },
  };
}

function consistencyCode(name: NonNullable<CassandraOptions['consistency']>): types.consistencies {
  const { consistencies } = types;
  return {
    LOCAL_QUORUM: consistencies.localQuorum,
    QUORUM: consistencies.quorum,
    ALL: consistencies.all,
    LOCAL_ONE: consistencies.localOne,
    ONE: consistencies.one,
  }[name];
}

/** The driver would take any certificate if it were not told. */
function tlsSettings(tls: TlsOptions | true): ConnectionOptions {
  if (tls === true) return { rejectUnauthorized: true };
  const { serverName, ...pem } = tls;
  return { ...pem, rejectUnauthorized: true, ...(serverName !== undefined && { servername: serverName }) };
}
