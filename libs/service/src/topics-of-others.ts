import type { ClientOptions } from '@millrace/kafka/clients';
import { isSaslMechanism, type KafkaSecurity } from '@millrace/kafka/security';
import type { Logger } from '@millrace/lanes/ports/logger';
import type { SchemaRegistry } from '@millrace/lanes/ports/registry';
import { type OpenTopics, TopicError, type TopicsPlace } from '@millrace/lanes/ports/topics';

export interface TopicsOpenerOptions {
  readonly clientId: string;
  readonly logger: Logger;
  /** The Kafka and the registry that the pipeline itself runs on; null: it runs on none. */
  readonly own: {
    readonly kafka: Pick<ClientOptions, 'brokers' | 'security'>;
    readonly registry: SchemaRegistry;
  } | null;
}

/** Opens topics for sources: at the brokers that the document names, else at the pipeline's own. */
export function createTopicsOpener({ clientId, logger, own }: TopicsOpenerOptions): OpenTopics {
  return async (place) => {
    // A pipeline without such a source does not wait for the client to be loaded.
    const [{ openTopicsOfOthers }, { openRegistry }] = await Promise.all([
      import('@millrace/kafka/topics-of-others'),
      import('@millrace/kafka/registry'),
    ]);
    const at = place.brokers === undefined ? own?.kafka : namedAt(place, place.brokers);
    if (at === undefined) {
      throw new TopicError(
        'a kafka source has to name its `brokers` where the pipeline itself does not run on Kafka.',
      );
    }
    const registry =
      place.registry === undefined ? (own?.registry ?? null) : openRegistry({ url: place.registry, logger });
    return openTopicsOfOthers({ ...at, clientId, logger, registry });
  };
}

function namedAt(
  { tls = false, sasl }: TopicsPlace,
  brokers: readonly string[],
): Pick<ClientOptions, 'brokers' | 'security'> {
  const security: KafkaSecurity = {
    tls,
    ...(sasl && { sasl: { ...sasl, mechanism: mechanismOf(sasl.mechanism) } }),
  };
  return { brokers, security };
}

function mechanismOf(text: string): NonNullable<KafkaSecurity['sasl']>['mechanism'] {
  if (isSaslMechanism(text)) return text;
  throw new TopicError(`there is no SASL mechanism ${text}`);
}
