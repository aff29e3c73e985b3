import { expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { createTopics } from './topics.ts';

/** Brokers of which some have not heard of a topic yet: rarely so on real ones, and only under load. */
function adminThat(answers: readonly (() => Promise<never[]>)[]) {
  const asked = { times: 0 };
  const admin = {
    createTopics: async () => true,
    listTopics: async () => ['p.raw'],
    fetchTopicMetadata: async () => ({ topics: [{ name: 'p.raw', partitions: [{ leader: 1 }] }] }),
    fetchTopicOffsets: () => answers[Math.min(asked.times++, answers.length - 1)]!(),
  };
  return { admin: admin as unknown as Admin, asked };
}

const options = { lanes: 1, replication: 3 };
const known = async () => [];
const failing = (error: Error) => () => Promise.reject(error);

test.each([
  ['has not heard of it', Object.assign(new Error('no such topic'), { retriable: true })],
  ['knows no partition of it', new TypeError("Cannot destructure property 'partitions' of 'high.pop(...)'")],
])('a broker that %s is asked again', async (_, error) => {
  const { admin, asked } = adminThat([failing(error), failing(error), known]);
  await createTopics(admin, ['p.raw'], options);
  expect(asked.times).toBe(3);
});

test('what will not pass is told', async () => {
  const { admin } = adminThat([failing(new Error('not authorized'))]);
  await expect(createTopics(admin, ['p.raw'], options)).rejects.toThrow('not authorized');
});
