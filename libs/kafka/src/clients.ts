import type { Logger } from '@millrace/lanes/ports/logger';
import {
  type Admin,
  type Consumer,
  type ConsumerConfig,
  Kafka,
  type KafkaConfig,
  logLevel,
  type Producer,
} from 'kafkajs';
import { MEMBER_SETTINGS, PRODUCER_SETTINGS, REQUEST_TIMEOUT_MS } from './client-settings.ts';
import { installCodecs } from './compression.ts';
import { connecting } from './connecting.ts';
import { logTo } from './kafkajs-log.ts';
import { connectionOf, type KafkaSecurity } from './security.ts';
import { createSockets } from './sockets.ts';

export interface ClientOptions {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  /** What the brokers' logs and quotas know this process by. */
  readonly clientId: string;
  readonly logger: Logger;
  /** TLS and SASL. Default: neither. */
  readonly security?: KafkaSecurity;
  /** Sockets, as kafkajs takes them. */
  readonly connection?: Pick<KafkaConfig, 'socketFactory'>;
}

/** Makes clients that share nothing: kafkajs keeps positions per `Kafka`, for all groups' members alike. */
export interface Clients {
  admin(): Admin;
  producer(): Producer;
  consumer(group: string, settings?: Pick<ConsumerConfig, 'readUncommitted' | 'metadataMaxAge'>): Consumer;
}

export function createClients({
  brokers,
  clientId,
  logger,
  security = {},
  connection = {},
}: ClientOptions): Clients {
  installCodecs();
  const sockets = createSockets(connection.socketFactory);
  const logCreator = logTo(logger);
  const onTimeout = ({ payload }: { readonly payload: { readonly broker: string } }) =>
    sockets.drop(payload.broker);

  function connect(): Kafka {
    return new Kafka({
      ...connectionOf(security),
      socketFactory: sockets.open,
      brokers: [...brokers],
      clientId,
      requestTimeout: REQUEST_TIMEOUT_MS,
      logLevel: logLevel.WARN,
      logCreator,
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
    consumer(groupId, settings = {}) {
      const consumer = connect().consumer({ ...MEMBER_SETTINGS, ...settings, groupId });
      consumer.on(consumer.events.REQUEST_TIMEOUT, onTimeout);
      return consumer;
    },
  };
}

/** Runs with an admin of its own, which knows nothing of topics that were there before. */
export async function withAdmin<T>(options: ClientOptions, run: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = createClients(options).admin();
  await connecting(options, () => admin.connect());
  try {
    return await run(admin);
  } finally {
    await admin.disconnect();
  }
}
