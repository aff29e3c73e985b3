import type { SchemaRegistry } from './registry.ts';

/**
 * Port: topics that others write, for sources. They may be compacted and written in transactions: offsets ascend, but
 * not without holes, and only what was committed is read.
 */
export interface TopicsOfOthers {
  /** How many partitions the topic has now. Rejects with `TopicError` when there is no such topic. */
  partitions(topic: string): Promise<number>;
  /** `start`: the first offset still kept; `end`: the offset that the next record gets. */
  bounds(topic: string, partition: number): Promise<TopicBounds>;
  /**
   * Joins a group whose members share the topics' partitions: each partition has one reader at a time, as far as the
   * brokers know. A reader whose batch rejects is thrown away, and the partition taken over again after a pause.
   */
  read(options: ReadOptions): Promise<{ close(): Promise<void> }>;
  /** The schemas of records in Confluent's wire format; null: no registry is known. */
  readonly schemas: SchemaRegistry | null;
  close(): Promise<void>;
}

export interface TopicBounds {
  readonly start: number;
  readonly end: number;
}

export interface ReadOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * A partition has fallen to this process. `committed`: where the group stands in it; null: it has never committed.
   * Rejects with `TopicError` when it can't go on at all, which `onFailed` is told.
   */
  takeOver(
    topic: string,
    partition: number,
    bounds: TopicBounds,
    committed: number | null,
  ): Promise<PartitionReader>;
  onFailed(error: TopicError): void;
}

export interface PartitionReader {
  /** The offset to begin at, within the bounds that were given. */
  readonly from: number;
  /** Never called again before it has settled. */
  batch(batch: TopicBatch): Promise<void>;
  /** Records up to this offset have gone by retention before they were read. */
  skipped(to: number, count: number): void;
  /** No batch follows; the one under way may end early. */
  released(): void;
  /** Everything before it is done with: what the group says of its position, for others' eyes. */
  readonly done: number;
}

export interface TopicBatch {
  readonly records: readonly TopicRecord[];
  /** Up to where this batch has read: behind its last record, or beyond. */
  readonly next: number;
  /** The partition's end when it was read. */
  readonly end: number;
}

export interface TopicRecord {
  readonly offset: number;
  /** Null: a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where the topics are, as a source's settings name it; what is absent is the pipeline's own. */
export interface TopicsPlace {
  readonly brokers?: readonly string[];
  readonly tls?: boolean | { readonly ca: string };
  readonly sasl?: { readonly mechanism: string; readonly username: string; readonly password: string };
  /** Base URL of a schema registry. */
  readonly registry?: string;
}

/** Opens what a source reads. Rejects, in bounded time, with `TopicError` or what the adapter says of its brokers. */
export type OpenTopics = (place: TopicsPlace) => Promise<TopicsOfOthers>;

/** Something that only a person can mend: no such topic, or it is not the one that was read before. */
export class TopicError extends Error {
  override readonly name = 'TopicError';
}
