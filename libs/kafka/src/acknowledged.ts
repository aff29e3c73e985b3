import { AppendError } from '@millrace/lanes/ports/log';
import type { RecordMetadata } from 'kafkajs';

/**
 * The offset of the first record, if the partition is among those that answered, once and without an error. kafkajs
 * resolves a send with a partition unwritten when its leader moves between two tries.
 * @throws AppendError otherwise: the outcome is not known.
 */
export function acknowledgedAt(results: readonly RecordMetadata[], topic: string, lane: number): number {
  const ours = results.filter(({ topicName, partition }) => topicName === topic && partition === lane);
  const offset = Number(ours[0]?.baseOffset ?? Number.NaN);
  const isWritten = ours.length > 0 && ours.every(({ errorCode }) => errorCode === 0);
  if (isWritten && Number.isSafeInteger(offset) && offset >= 0) return Number(ours.at(-1)!.baseOffset);
  const answers = ours.map(({ errorCode, baseOffset }) => `code ${errorCode}, offset ${baseOffset}`);
  throw new AppendError(
    `topic ${topic}, lane ${lane}: the brokers did not acknowledge what was sent (${answers.join('; ') || 'no answer for the partition'})`,
  );
}
