import { expect, test } from '@jest/globals';
import { APPEND_BYTES_MAX } from '@millrace/lanes/bounds';
import { BOUNDS } from './bounds.ts';

/** What a raw record has besides payload, id and key. */
const FIELDS_BYTES = 2_048;

test('an event within the bounds fits into one append', () => {
  expect(BOUNDS.eventBytesMax + 2 * BOUNDS.nameBytesMax + FIELDS_BYTES).toBeLessThanOrEqual(APPEND_BYTES_MAX);
  expect(BOUNDS.brokenBytesMax).toBeLessThanOrEqual(BOUNDS.eventBytesMax);
});

test('a request within the bounds is taken when nothing else waits', () => {
  expect(BOUNDS.bodyBytesMax).toBeLessThanOrEqual(BOUNDS.receivingBytesMax);
  expect(BOUNDS.bodyBytesMax * 2).toBeLessThanOrEqual(BOUNDS.waitingBytesMax * BOUNDS.lowShare);
  expect(BOUNDS.requestEventsMax).toBeLessThanOrEqual(BOUNDS.waitingRecordsMax * BOUNDS.lowShare);
});

test('the shares ascend with the priority', () => {
  expect(BOUNDS.lowShare).toBeLessThan(BOUNDS.normalShare);
  expect(BOUNDS.normalShare).toBeLessThan(1);
});

test('a file holds what it has in flight within what may wait', () => {
  expect(BOUNDS.sliceRecords * BOUNDS.slicesInFlightMax).toBeLessThanOrEqual(BOUNDS.waitingRecordsMax);
  expect(BOUNDS.scanBytesMax).toBeGreaterThan(BOUNDS.eventBytesMax);
  expect(BOUNDS.partsMax * BOUNDS.chunkBytesMin).toBeLessThanOrEqual(BOUNDS.fileBuffersBytesMax);
});
