import { inAppends } from '@millrace/lanes/outbox';
import { type Clock, systemClock } from '@millrace/lanes/ports/clock';
import { type EventLog, LaneStopped, type LogRecord, type Position } from '@millrace/lanes/ports/log';
import type { Admin, Producer } from 'kafkajs';
import { type ClientOptions, type Clients, createClients } from './clients.ts';
import { connecting } from './connecting.ts';
import { createFlights, type Flights } from './flights.ts';
import { type GroupMember, joinGroup } from './group-member.ts';
import { commitFromOutside, fetchPosition } from './positions.ts';
import { quietenQueues } from './quiet-queue.ts';
import { createSeats } from './seats.ts';
import { openTopicReader, type TopicReader } from './topic-reader.ts';
import { createTopics, type TopicOptions } from './topics.ts';

export interface KafkaOptions extends ClientOptions {
  readonly clock?: Clock;
}

export interface KafkaLog extends EventLog {
  /** Creates those of the topics that are not there yet. */
  createTopics(topics: readonly string[], options: TopicOptions): Promise<void>;
  /** Ends all consumers, after the batches under way. */
  close(): Promise<void>;
}

/** The log on Kafka. @throws as `connecting`. */
export async function openKafkaLog(options: KafkaOptions): Promise<KafkaLog> {
  quietenQueues();
  const clients = createClients(options);
  const admin = clients.admin();
  const producer = clients.producer();
  try {
    await connecting(options, () => Promise.all([admin.connect(), producer.connect()]));
  } catch (error) {
    // One of them may be connected, and whoever tries again makes others.
    await Promise.allSettled([admin.disconnect(), producer.disconnect()]);
    throw error;
  }
  return new OpenKafkaLog(clients, admin, producer, options);
}

class OpenKafkaLog implements KafkaLog {
  readonly #clients: Clients;
  readonly #admin: Admin;
  readonly #producer: Producer;
  readonly #flights: Flights;
  readonly #clock: Clock;
  readonly #logger: ClientOptions['logger'];
  readonly #seats: ReturnType<typeof createSeats>;
  readonly #members = new Set<GroupMember>();
  readonly #readers = new Map<string, Promise<TopicReader>>();

  constructor(clients: Clients, admin: Admin, producer: Producer, options: KafkaOptions) {
    this.#clients = clients;
    this.#admin = admin;
    this.#producer = producer;
    this.#flights = createFlights(producer);
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger;
    this.#seats = createSeats(
      ({ group, topic }, lane, offset) => this.#checkInside(group, topic, lane, offset),
      this.#clock,
    );
  }

  async append(topic: string, lane: number, records: readonly LogRecord[]): Promise<number> {
    let first: number | null = null;
    for (const part of inAppends(records)) {
      const offset = await this.#flights.send(topic, lane, part);
      first ??= offset;
    }
    if (first === null) throw new RangeError(`topic ${topic}, lane ${lane}: nothing to append`);
    return first;
  }

  async consume(options: Parameters<EventLog['consume']>[0]): Promise<{ close(): Promise<void> }> {
    const { group, topic } = options;
    const member = await joinGroup(options, {
      clients: this.#clients,
      seats: this.#seats,
      clock: this.#clock,
      logger: this.#logger,
      checkInside: (lane, offset) => this.#checkInside(group, topic, lane, offset),
    });
    this.#members.add(member);
    return {
      close: async () => {
        await member.close();
        this.#members.delete(member);
      },
    };
  }

  committed(group: string, topic: string, lane: number): Promise<Position | null> {
    return fetchPosition(this.#admin, group, topic, lane);
  }

  async commit(group: string, topic: string, lane: number, position: Position): Promise<void> {
    const members = [...this.#members].filter(
      ({ options }) => options.group === group && options.topic === topic,
    );
    if (members.length === 0) await commitFromOutside(this.#clients, group, topic, lane, position);
    else {
      const owner = members.find((member) => member.isAssigned(lane));
      if (!owner) throw new Error(`group ${group}, topic ${topic}: lane ${lane} has gone to another owner`);
      await owner.commit(lane, position);
    }
  }

  async bounds(topic: string, lane: number): Promise<{ readonly start: number; readonly end: number }> {
    const found = (await this.#admin.fetchTopicOffsets(topic)).find(({ partition }) => partition === lane);
    if (!found) throw new RangeError(`lane ${lane} of topic ${topic}: there is no such partition`);
    return { start: Number(found.low), end: Number(found.high) };
  }

  async read(topic: string, lane: number, from: number, maxRecords: number) {
    const { start, end } = await this.bounds(topic, lane);
    const base = Math.max(from, start);
    if (base >= end) return { base, records: [], end };
    const reader = await (this.#readers.get(topic) ?? this.#openReader(topic));
    return { base, records: await reader.read(lane, base, maxRecords), end };
  }

  /** Kept until it ends or can't be opened: then the next read opens another. */
  #openReader(topic: string): Promise<TopicReader> {
    const opening = openTopicReader(this.#clients, topic);
    this.#readers.set(topic, opening);
    const forget = () => {
      if (this.#readers.get(topic) === opening) this.#readers.delete(topic);
    };
    opening.then(({ ended }) => ended.then(forget), forget);
    return opening;
  }

  createTopics(topics: readonly string[], options: TopicOptions): Promise<void> {
    return createTopics(this.#admin, topics, options);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#members].map((member) => member.close()));
    this.#members.clear();
    await Promise.all([...this.#readers.values()].map(async (reader) => (await reader).close()));
    this.#readers.clear();
    await Promise.all([this.#producer.disconnect(), this.#admin.disconnect()]);
  }

  /** @throws LaneStopped when the lane does not hold the offset. */
  async #checkInside(group: string, topic: string, lane: number, offset: number): Promise<void> {
    const { start, end } = await this.bounds(topic, lane);
    if (offset >= start && offset <= end) return;
    throw new LaneStopped(
      'lane_reset',
      `Group ${group} is at offset ${offset} of ${topic}, lane ${lane}, which holds ${start} to ${end}: ` +
        'the topic was truncated or recreated. Run "millrace reset" to start a new generation.',
    );
  }
}
