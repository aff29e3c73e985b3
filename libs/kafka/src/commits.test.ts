import { expect, test } from '@jest/globals';
import type { Position } from '@millrace/lanes/ports/log';
import { createCommits } from './commits.ts';

const at = (offset: number): Position => ({ offset, metadata: '' });

function createGroup() {
  const requests: string[][] = [];
  const answers: ((refused: ReadonlyMap<number, Error>) => void)[] = [];
  const commits = createCommits((positions) => {
    requests.push([...positions].map(([lane, { offset }]) => `${lane}: ${offset}`));
    return new Promise((resolve) => answers.push(resolve));
  });
  const asked = async (count: number) => {
    while (requests.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return {
    commits,
    requests,
    asked,
    answer: (refused = new Map<number, Error>()) => answers.shift()!(refused),
  };
}

test('all lanes in one request, each with its newest position', async () => {
  const { commits, requests, asked, answer } = createGroup();
  const first = [commits.commit(0, at(5)), commits.commit(1, at(7)), commits.commit(0, at(6))];
  await asked(1);
  const later = [commits.commit(0, at(8)), commits.commit(0, at(9))];
  answer();
  await Promise.all(first);
  await asked(2);
  expect(requests).toEqual([['0: 6', '1: 7'], ['0: 9']]);
  answer();
  await Promise.all(later);
});

test('a lane that was refused hears of it, the others do not', async () => {
  const { commits, asked, answer } = createGroup();
  const [refused, taken] = [commits.commit(0, at(5)), commits.commit(1, at(7))];
  await asked(1);
  answer(new Map([[0, new Error('gone to another owner')]]));
  await expect(refused).rejects.toThrow('gone');
  await taken;
});

test('hurried, it pauses no more', async () => {
  const { commits, requests, asked, answer } = createGroup();
  for (let i = 1; i <= 50; i++) {
    const done = commits.commit(0, at(i));
    if (i === 2) commits.hurry();
    await asked(i);
    answer();
    await done;
  }
  expect(requests).toHaveLength(50);
}, 4_000);
