import { expect, test } from '@jest/globals';
import { laneOf, murmur2 } from './murmur2.ts';

// org.apache.kafka.common.utils.UtilsTest.testMurmur2, masked as its partitioner does.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is what Kafka computes', (text, expected) => {
  expect(murmur2(text)).toBe(expected & 0x7fffffff);
});

test('a key has one lane, within the lanes', () => {
  for (const key of ['', 'ä', '😀', 'ORD']) {
    expect(laneOf(key, 8)).toBe(laneOf(key, 8));
    expect(laneOf(key, 8)).toBeLessThan(8);
  }
});
