import { expect, test } from '@jest/globals';
import type { LogBatch } from '@millrace/lanes/ports/log';
import { LaneBuffer } from './lane-buffer.ts';

function batchOf(base: number, count: number, bytes = 1): LogBatch {
  const records = Array.from({ length: count }, () => ({ value: new Uint8Array(bytes), timestampMs: 0 }));
  return { base, records, end: base + count };
}

test('gives what has come since in one batch', async () => {
  const buffer = new LaneBuffer(5);
  expect(buffer.offer(batchOf(5, 2))).toBe(true);
  expect(buffer.offer(batchOf(7, 1))).toBe(true);
  expect(await buffer.take()).toEqual(batchOf(5, 3));
  expect(buffer.next).toBe(8);
  const waiting = buffer.take();
  buffer.offer(batchOf(8, 1));
  expect(await waiting).toEqual(batchOf(8, 1));
});

test('keeps only what comes next', async () => {
  const buffer = new LaneBuffer(5);
  expect(buffer.offer(batchOf(4, 3))).toBe(false);
  expect(buffer.offer(batchOf(6, 3))).toBe(false);
  expect(buffer.offer(batchOf(5, 1))).toBe(true);
  expect(buffer.offer(batchOf(5, 1))).toBe(false);
  expect(await buffer.take()).toEqual(batchOf(5, 1));
});

test.each([
  ['records', 2_000, 1],
  ['bytes', 10, 120_000],
])('is full by %s until it is taken', async (_, count, bytes) => {
  const buffer = new LaneBuffer(0);
  buffer.offer(batchOf(0, count - 2, bytes));
  expect(buffer.isFull).toBe(false);
  buffer.offer(batchOf(count - 2, 2, bytes));
  expect(buffer.isFull).toBe(true);
  await buffer.take();
  expect(buffer.isFull).toBe(false);
});

test('closed, it gives and takes nothing more', async () => {
  const buffer = new LaneBuffer(0);
  const waiting = buffer.take();
  buffer.close();
  expect(await waiting).toBeNull();
  expect(buffer.offer(batchOf(0, 1))).toBe(false);

  const filled = new LaneBuffer(0);
  filled.offer(batchOf(0, 1));
  filled.close();
  expect(await filled.take()).toBeNull();
});

test('failed, it says why instead of giving', async () => {
  const buffer = new LaneBuffer(0);
  buffer.offer(batchOf(0, 1));
  buffer.fail(new Error('cut'));
  await expect(buffer.take()).rejects.toThrow('cut');
});
