import { APPEND_BYTES_MAX } from '@millrace/lanes/bounds';

/** How the pipeline's topics are made. */
export interface TopicSettings {
  /** Copies of each record. Default: 3, or as many as there are brokers where they are fewer. */
  readonly replication?: number;
  /** How long records are kept, in milliseconds; -1: for ever. It bounds for how long a stage may be down. */
  readonly retentionMs: number;
  /** The largest batch of records that the brokers take, in bytes. Default: 1 MiB, as Kafka's own. */
  readonly maxMessageBytes?: number;
}

/** A setting as the broker is told it, and what it must be at least or exactly. */
export interface TopicSetting {
  readonly name: string;
  readonly value: string;
  /** True when a value that a topic has already will do. */
  accepts(value: string): boolean;
}

export interface TopicShape {
  readonly partitions: number;
  readonly replication: number;
  readonly settings: readonly TopicSetting[];
}

export const REPLICATION = 3;
/** Two copies before a record counts as written: one broker may be lost at once without losing it. */
const IN_SYNC = 2;
/** Kafka's default: 1 MiB of records and the 12 bytes of their frame. */
const MESSAGE_BYTES_MAX = 1_048_588;
/** What the frame and the headers of a batch's records may add to what the kernel counts. */
const FRAMING_BYTES = 100_000;
export const MESSAGE_BYTES_MIN = APPEND_BYTES_MAX + FRAMING_BYTES;

/** @throws RangeError when the settings can't be. */
export function laneTopicShape(lanes: number, replication: number, settings: TopicSettings): TopicShape {
  const { retentionMs, maxMessageBytes = MESSAGE_BYTES_MAX } = settings;
  if (maxMessageBytes < MESSAGE_BYTES_MIN)
    throw new RangeError(
      `max.message.bytes of ${maxMessageBytes} is below the ${MESSAGE_BYTES_MIN} that an append may take`,
    );
  return {
    partitions: lanes,
    replication,
    settings: [
      exactly('cleanup.policy', 'delete'),
      // Retention by age goes by the time that ingest gave, not by when a record was sent again.
      exactly('message.timestamp.type', 'CreateTime'),
      exactly('unclean.leader.election.enable', 'false'),
      // The brokers unpack what a foreign producer has packed in a way that kafkajs can't read: it would block its lane.
      exactly('compression.type', 'uncompressed'),
      atLeast('min.insync.replicas', Math.min(IN_SYNC, replication)),
      retention(retentionMs),
      atLeast('max.message.bytes', maxMessageBytes),
    ],
  };
}

/** One small record per generation, the latest of which stays. */
export function pipelineTopicShape(replication: number): TopicShape {
  return {
    partitions: 1,
    replication,
    settings: [
      exactly('cleanup.policy', 'compact'),
      exactly('unclean.leader.election.enable', 'false'),
      atLeast('min.insync.replicas', Math.min(IN_SYNC, replication)),
    ],
  };
}

function exactly(name: string, value: string): TopicSetting {
  return { name, value, accepts: (found) => found === value };
}

function atLeast(name: string, value: number): TopicSetting {
  return { name, value: String(value), accepts: (found) => Number(found) >= value };
}

function retention(ms: number): TopicSetting {
  const accepts = (found: string) => found === '-1' || (ms !== -1 && Number(found) >= ms);
  return { name: 'retention.ms', value: String(ms), accepts };
}
