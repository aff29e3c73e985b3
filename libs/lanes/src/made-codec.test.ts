import { expect, test } from '@jest/globals';
import { contents, createCodec, madeId, read } from '@millrace/testkit/record-samples';
import fc from 'fast-check';
import type { MadeContent, MadeTopic } from './lane-codec.ts';

for (const [topic, content] of Object.entries(contents) as [MadeTopic, fc.Arbitrary<MadeContent>][]) {
  test(`${topic}: what is written is read`, async () => {
    const codec = await createCodec();
    fc.assert(
      fc.property(madeId, content, (made, of) => {
        const record = codec.encodeMade(topic, { made, content: of }, 5);
        expect(read(codec.decodeMade(topic, record))).toEqual({ made, content: of });
        expect(record.timestampMs).toBe(5);
      }),
    );
  });
}
