import type { KafkaSecurity } from './security.ts';
import { KafkaSetupError } from './setup-error.ts';

/** No broker answers, for now. */
export class KafkaUnreachable extends Error {
  override readonly name = 'KafkaUnreachable';
}

interface Place {
  readonly brokers: readonly string[];
  readonly security?: KafkaSecurity;
}

/**
 * Says why the brokers can't be reached, in words for whoever has set the addresses.
 * @throws KafkaSetupError where trying again can't help: a wrong user, a certificate that is not trusted.
 * @throws KafkaUnreachable otherwise.
 */
export async function connecting<T>(place: Place, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (error) {
    throw error instanceof KafkaSetupError ? error : explained(place, error as Error);
  }
}

function explained({ brokers, security = {} }: Place, error: Error): Error {
  const chain = chainOf(error);
  const message = [...new Set(chain.map((each) => each.message))].join(': ');
  const at = `the Kafka brokers ${brokers.join(', ')}`;
  const { sasl, tls = false } = security;
  if (sasl !== undefined && chain.some(isAuthentication)) {
    return new KafkaSetupError(
      `${at} refuse the user "${sasl.username}" by ${sasl.mechanism}. Check its name, its password and the mechanism.`,
      { cause: error },
    );
  }
  if (/certificate|self-signed|altnames/i.test(message)) {
    return new KafkaSetupError(
      `${at}: their certificate is not trusted (${oneLine(message)}). Set the certificate of its authority (CA), or the name that it is for.`,
      { cause: error },
    );
  }
  if (tls !== false && /wrong version number|EPROTO|before secure TLS/i.test(message)) {
    return new KafkaUnreachable(`${at} do not speak TLS, or close the connection: ${oneLine(message)}`, {
      cause: error,
    });
  }
  const hint =
    tls === false && /closed|timed? ?out/i.test(message) ? ' Do they speak TLS? It is off here.' : '';
  return new KafkaUnreachable(`${at} can't be reached: ${oneLine(message)}.${hint}`, { cause: error });
}

function chainOf(error: Error): readonly Error[] {
  const chain: Error[] = [];
  for (let at: unknown = error; at instanceof Error && !chain.includes(at); at = at.cause) chain.push(at);
  return chain;
}

function isAuthentication({ name }: Error): boolean {
  return name === 'KafkaJSSASLAuthenticationError' || name === 'KafkaJSUnsupportedSaslMechanismInBroker';
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').slice(0, TEXT_MAX);
}

const TEXT_MAX = 300;
