import { expect, test } from '@jest/globals';
import { FlowReception, type MadeId, MadeReception } from './accept.ts';

test('a lane takes news, drops what it has and stops at a gap', () => {
  const reception = new FlowReception(null);
  expect(reception.receive(7, 3)).toBe('news'); // nothing known yet: not audited
  expect(reception.receive(7, 3)).toBe('repeat');
  expect(reception.receive(5, 3)).toBe('repeat');
  expect(reception.receive(9, 7)).toBe('news');
  expect(reception.receive(12, 10)).toBe('gap');
  expect(reception.last).toBe(9);
  expect(reception.receive(10, 9)).toBe('news');
});

test('each writer of a shared lane has its own last', () => {
  const saved: [number, MadeId][] = [[0, [4, 1]]];
  const reception = new MadeReception(saved);
  expect(reception.receive(0, [4, 1], [4, 0])).toBe('repeat');
  expect(reception.receive(1, [2, 0], [-1, -1])).toBe('news');
  expect(reception.receive(0, [4, 2], [4, 1])).toBe('news');
  expect(reception.receive(0, [6, 1], [6, 0])).toBe('gap');
  expect(reception.receive(1, [2, 1], [2, 0])).toBe('news');
  expect(reception.saved()).toEqual([
    [0, [4, 2]],
    [1, [2, 1]],
  ]);
});
