import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareBytes } from './byte-order.ts';

test('orders texts as their UTF-8 bytes', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 4 });
  const sign = (left: string, right: string) => Math.sign(compareBytes(left, right));
  fc.assert(
    fc.property(text, text, (left, right) => {
      expect(sign(left, right)).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
    {
      examples: [
        ['\u{10000}', '\uFFFF'],
        ['\uE000', '\u{1F600}'],
        ['', 'a'],
        ['ab', 'a'],
      ],
    },
  );
});
