import { expect, test } from '@jest/globals';
import * as bounds from './bounds.ts';

test('bounds stand in the relations that the lanes rely on', () => {
  // Every lane_seq is a safe integer.
  const highest = bounds.GENERATION_MAX * bounds.LANE_SEQ_SPAN + (bounds.LANE_SEQ_SPAN - 1);
  expect(Number.isSafeInteger(highest)).toBe(true);
  // An append fits Kafka's default max.message.bytes.
  expect(bounds.APPEND_BYTES_MAX).toBeLessThan(1_048_576);
  // One append per lane is enough for a batch of small records.
  expect(bounds.APPEND_RECORDS_MAX).toBeGreaterThanOrEqual(bounds.BATCH_RECORDS_MAX);
  expect(bounds.RETRY_PAUSE_MIN_MS).toBeLessThan(bounds.RETRY_PAUSE_MAX_MS);
  // Ticks come each second: a gap of two is still a living ingest.
  expect(bounds.SILENCE_GAP_MAX_MS).toBeGreaterThan(1_000);
});
