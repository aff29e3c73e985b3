import type { ConsumerConfig, ProducerConfig, RetryOptions } from 'kafkajs';

/** A lane tries again for as long as it has to; kafkajs only bridges what a look at the brokers mends. */
const RETRY: RetryOptions = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 };

/** How long an answer is waited for: a connection that went silent holds up its lanes, and a close, this long. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** How long the brokers wait for all replicas; they should say so themselves before the request is given up. */
export const APPEND_TIMEOUT_MS = 8_000;

/**
 * The least time between two fetches of a consumer, and between two requests of a producer: under load several records
 * go together, as each request costs all of them the same. What comes after a pause waits for nothing.
 */
export const PACE_MS = 5;
/** Handlers of one fetch that run side by side: of more lanes than a process should have. */
export const LANES_AT_ONCE = 256;

export const PRODUCER_SETTINGS: ProducerConfig = {
  allowAutoTopicCreation: false,
  createPartitioner:
    () =>
    ({ message }) => {
      if (message.partition === undefined) throw new TypeError('a message without its partition');
      return message.partition;
    },
  retry: RETRY,
};

/** For members of groups; `groupId` is to be added. */
export const MEMBER_SETTINGS: Omit<ConsumerConfig, 'groupId'> = {
  allowAutoTopicCreation: false,
  // How long a fetch waits where nothing comes, and with it what waits for a fetch to end: a seek, a close.
  maxWaitTimeInMs: 100,
  // What is fetched beyond what the lanes' readers take at once only grows old on the heap.
  maxBytesPerPartition: 2 ** 18,
  // A member that dies is missed after this long. One that only was slow takes its lanes over anew.
  sessionTimeout: 10_000,
  // Members learn of a rebalance by their next heartbeat.
  heartbeatInterval: 1_000,
  rebalanceTimeout: 30_000,
  // Transactions of others must not hold a lane up.
  readUncommitted: true,
  retry: { ...RETRY, restartOnFailure: async () => false },
};
