import type { LogRecord } from '@millrace/lanes/ports/log';
import type { Message } from 'kafkajs';
import { createToMessage } from './kafka-record.ts';

/** Records of one topic for one lane. */
export interface LaneRecords {
  readonly lane: number;
  readonly records: readonly LogRecord[];
}

/**
 * Messages of one topic that are already grouped by partition. kafkajs 2.2.4 groups them with a `reduce` that copies
 * a partition's messages once for each of them: a tenth of the CPU of a hop, and most of its garbage. The answer is
 * the same that its own reducer gives, as each message names its partition.
 */
class LaneMessages extends Array<Message> {
  // What `map` and the like answer is a plain array.
  static override get [Symbol.species]() {
    return Array;
  }

  override reduce(): never {
    const byPartition: Record<number, Message[]> = {};
    for (const message of this) {
      const group = byPartition[message.partition!];
      if (group === undefined) byPartition[message.partition!] = [message];
      else group.push(message);
    }
    return byPartition as never;
  }
}

export function laneMessages(parts: readonly LaneRecords[]): Message[] {
  const toMessage = createToMessage();
  const messages = new LaneMessages();
  for (const { lane, records } of parts) {
    for (const record of records) messages.push(toMessage(record, lane));
  }
  return messages;
}
