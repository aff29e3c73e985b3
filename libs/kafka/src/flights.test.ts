import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { AppendError, type LogRecord } from '@millrace/lanes/ports/log';
import type { ProducerBatch, RecordMetadata } from 'kafkajs';
import { createFlights } from './flights.ts';

const records = (count: number): LogRecord[] =>
  Array.from({ length: count }, () => ({ value: new Uint8Array(10), timestampMs: 1 }));

/** Brokers that answer when told: what each request holds, as `TOPIC/LANE RECORDS`. */
function createBrokers() {
  const requests: string[][] = [];
  const answers: PromiseWithResolvers<RecordMetadata[]>[] = [];
  const batches: ProducerBatch[] = [];
  const flights = createFlights({
    sendBatch(batch) {
      const counts = new Map<string, number>();
      for (const { topic, messages } of batch.topicMessages!) {
        for (const { partition } of messages) {
          counts.set(`${topic}/${partition}`, (counts.get(`${topic}/${partition}`) ?? 0) + 1);
        }
      }
      requests.push([...counts].map(([place, count]) => `${place} ${count}`));
      batches.push(batch);
      const answer = Promise.withResolvers<RecordMetadata[]>();
      answers.push(answer);
      return answer.promise;
    },
  });
  return {
    flights,
    requests,
    async departed(count: number): Promise<void> {
      while (requests.length < count) await nextTurn();
    },
    /** Answers the oldest request: each of its places begins at offset 100. */
    acknowledge(): void {
      const places = new Map<string, RecordMetadata>();
      for (const { topic, messages } of batches.shift()!.topicMessages!) {
        for (const { partition = 0 } of messages) {
          const one = { topicName: topic, partition, errorCode: 0, baseOffset: '100' };
          places.set(`${topic}/${partition}`, one);
        }
      }
      answers.shift()!.resolve([...places.values()]);
    },
    refuse(error: Error): void {
      batches.shift();
      answers.shift()!.reject(error);
    },
  };
}

test('what a turn has ready goes in one request, what comes meanwhile with the next', async () => {
  const { flights, requests, departed, acknowledge } = createBrokers();
  const first = [flights.send('a', 0, records(2)), flights.send('b', 1, records(3))];
  await departed(1);
  expect(requests).toEqual([['a/0 2', 'b/1 3']]);
  const next = [flights.send('a', 1, records(1)), flights.send('b', 0, records(1))];
  await nextTurn();
  await nextTurn();
  expect(requests).toHaveLength(1);
  acknowledge();
  expect(await Promise.all(first)).toEqual([100, 100]);
  await departed(2);
  expect(requests.slice(1)).toEqual([['a/1 1', 'b/0 1']]);
  acknowledge();
  expect(await Promise.all(next)).toEqual([100, 100]);
});

test('several writers of a lane follow one another, and no batch grows beyond an append', async () => {
  const { flights, requests, departed, acknowledge } = createBrokers();
  const sent = [300, 600, 200, 10].map((count) => flights.send('a', 0, records(count)));
  await departed(1);
  expect(requests).toEqual([['a/0 900']]);
  acknowledge();
  expect(await Promise.all(sent.slice(0, 2))).toEqual([100, 400]);
  await departed(2);
  expect(requests.slice(1)).toEqual([['a/0 210']]);
  acknowledge();
  expect(await Promise.all(sent.slice(2))).toEqual([100, 300]);
});

test('a request that is not answered holds up its own lanes alone', async () => {
  const { flights, requests, departed } = createBrokers();
  void flights.send('a', 0, records(1));
  await departed(1);
  void flights.send('a', 1, records(1));
  await departed(2);
  expect(requests).toEqual([['a/0 1'], ['a/1 1']]);
});

test('after a refusal each lane goes alone until it gets through; only its own size stops a lane', async () => {
  const { flights, requests, departed, acknowledge, refuse } = createBrokers();
  const sent = [0, 1].map((lane) => flights.send('a', lane, records(1)));
  await departed(1);
  refuse(Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }));
  for (const one of sent) await expect(one).rejects.toThrow(AppendError);

  const again = [0, 1].map((lane) => flights.send('a', lane, records(1)));
  expect(requests.slice(1)).toEqual([['a/0 1'], ['a/1 1']]);
  refuse(Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }));
  acknowledge();
  await expect(again[0]).rejects.toThrow(RangeError);
  expect(await again[1]).toBe(100);

  void flights.send('a', 1, records(1));
  void flights.send('a', 2, records(1));
  await departed(4);
  expect(requests.slice(3)).toEqual([['a/1 1', 'a/2 1']]);
});
