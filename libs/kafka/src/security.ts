import type { KafkaConfig, SASLOptions } from 'kafkajs';

/** How brokers are reached beyond the plain wire. Texts, so that configuration can give them; none is ever logged. */
export interface KafkaSecurity {
  /** Absent or false: no TLS. True: TLS with the certificates that Node trusts. */
  readonly tls?: boolean | TlsSettings;
  readonly sasl?: SaslSettings;
}

export interface TlsSettings {
  /** PEM of the authority that signed the brokers' certificates. Default: those that Node trusts. */
  readonly ca?: string;
  /** PEM of this client's own certificate and its key, where the brokers ask for them. */
  readonly cert?: string;
  readonly key?: string;
  /** The name in the brokers' certificates. Default: the host that is connected to. */
  readonly serverName?: string;
}

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

export function isSaslMechanism(text: string): text is SaslSettings['mechanism'] {
  return (SASL_MECHANISMS as readonly string[]).includes(text);
}

export interface SaslSettings {
  readonly mechanism: (typeof SASL_MECHANISMS)[number];
  readonly username: string;
  readonly password: string;
}

/** As kafkajs takes it. */
export function connectionOf({ tls = false, sasl }: KafkaSecurity): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls !== false && { ssl: tls === true ? true : tlsOf(tls) }),
    // A union over the mechanisms in kafkajs' types.
    ...(sasl !== undefined && { sasl: sasl as SASLOptions }),
  };
}

function tlsOf({ ca, cert, key, serverName }: TlsSettings): Exclude<KafkaConfig['ssl'], boolean | undefined> {
  return {
    ...(ca !== undefined && { ca: [ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}
