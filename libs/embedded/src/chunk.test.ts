import { expect, test } from '@jest/globals';
import type { LogRecord } from '@millrace/lanes/ports/log';
import fc from 'fast-check';
import { chunkCount, chunkLatest, decodeChunk, encodeChunk } from './chunk.ts';

const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
const record: fc.Arbitrary<LogRecord> = fc.record(
  {
    value: bytes,
    timestampMs: fc.integer({ min: 0, max: 2 ** 45 }),
    key: bytes,
    headers: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3, noNullPrototype: true }),
  },
  { requiredKeys: ['value', 'timestampMs'] },
);

test('any stretch of a chunk comes back as it was written', () => {
  fc.assert(
    fc.property(
      fc.array(record, { minLength: 1, maxLength: 12 }),
      fc.nat(12),
      fc.nat(12),
      (records, skip, most) => {
        const chunk = encodeChunk(records);
        const into: LogRecord[] = [];
        decodeChunk(chunk, skip, most, into);
        expect(into).toEqual(records.slice(skip, skip + most));
        expect(chunkCount(chunk)).toBe(records.length);
        expect(chunkLatest(chunk)).toBe(Math.max(...records.map(({ timestampMs }) => timestampMs)));
      },
    ),
    { numRuns: 500 },
  );
});
