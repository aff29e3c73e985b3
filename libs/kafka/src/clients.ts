import type { Logger } from '@millrace/lanes/ports/logger';
import { type Admin, type Consumer, Kafka, type KafkaConfig, logLevel, type Producer } from 'kafkajs';
import { MEMBER_SETTINGS, PRODUCER_SETTINGS, REQUEST_TIMEOUT_MS } from './client-settings.ts';
import { logTo } from './kafkajs-log.ts';
import { createSockets } from './sockets.ts';

export interface ClientOptions {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  /** What the brokers' logs and quotas know this process by. */
  readonly clientId: string;
  readonly logger: Logger;
  /** TLS, SASL and sockets, as kafkajs takes them. */
  readonly connection?: Pick<KafkaConfig, 'ssl' | 'sasl' | 'socketFactory'>;
}

/** Makes clients that share nothing: kafkajs keeps positions per `Kafka`, for all groups' members alike. */
export interface Clients {
  admin(): Admin;
  producer(): Producer;
  consumer(group: string): Consumer;
}

export function createClients({ brokers, clientId, logger, connection = {} }: ClientOptions): Clients {
  const sockets = createSockets(connection.socketFactory);
  const onTimeout = ({ payload }: { readonly payload: { readonly broker: string } }) =>
    sockets.drop(payload.broker);

  function connect(): Kafka {
    return new Kafka({
      ...connection,
      socketFactory: sockets.open,
      brokers: [...brokers],
      clientId,
      requestTimeout: REQUEST_TIMEOUT_MS,
      logLevel: logLevel.WARN,
      logCreator: logTo(logger),
    });
  }

  return {
    admin() {
      const admin = connect().admin();
      admin.on(admin.events.REQUEST_TIMEOUT, onTimeout);
      return admin;
    },
    producer() {
      const producer = connect().producer(PRODUCER_SETTINGS);
      producer.on(producer.events.REQUEST_TIMEOUT, onTimeout);
      return producer;
    },
    consumer(groupId) {
      const consumer = connect().consumer({ ...MEMBER_SETTINGS, groupId });
      consumer.on(consumer.events.REQUEST_TIMEOUT, onTimeout);
      return consumer;
    },
  };
}
