import { expect, test } from '@jest/globals';
import { murmur3 } from './murmur3.ts';

// Computed by the reference implementation (smhasher, through Python's mmh3: hash128(text, 0, x64arch=False)).
test.each([
  ['', '00000000 00000000 00000000 00000000'],
  ['a', 'a794933c 5556b01b 5556b01b 5556b01b'],
  ['flight-123456', '7472f8b9 f5663180 7535148a 953a616a'],
  ['0123456789abcdef', 'fb7d4409 36aed30a 48ad1d9b 572b3bfd'],
  ['The quick brown fox jumps over the lazy dog', '2f1583c3 ecee2c67 5d7bf66c e5e91d2c'],
  ['ä€😀', '3811aa24 c11e637b e2d22408 bf1a27bb'],
  ['x'.repeat(100), '9c373792 c609208c 04c3e859 37d521d0'],
])('the hash of %j is that of the reference', (text, expected) => {
  const words = new Uint32Array(4);
  murmur3('something longer before, to leave other bytes behind', words);
  murmur3(text, words);
  expect([...words].map((word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(expected);
});

test('a text longer than the room for it makes room', () => {
  const words = new Uint32Array(4);
  murmur3('€'.repeat(5_000), words);
  const first = [...words];
  murmur3('€'.repeat(5_000), words);
  expect([...words]).toEqual(first);
});
