import { expect, test } from '@jest/globals';
import { AppendError } from '@millrace/lanes/ports/log';
import { acknowledgedAt } from './acknowledged.ts';

const answer = (partition: number, errorCode = 0, baseOffset = '7') => ({
  topicName: 't',
  partition,
  errorCode,
  baseOffset,
});

test('the offset of the first record, whatever else answered', () => {
  expect(
    acknowledgedAt([answer(1, 0, '3'), answer(0), { ...answer(0, 0, '9'), topicName: 'u' }], 't', 0),
  ).toBe(7);
});

test.each([
  ['no partition answered', []],
  ['only another partition answered', [answer(1)]],
  ['only another topic answered', [{ ...answer(0), topicName: 'u' }]],
  ['the answer is an error', [answer(0, 6)]],
  ['one of two answers is an error', [answer(0), answer(0, 6)]],
  ['the answer has no offset', [{ topicName: 't', partition: 0, errorCode: 0 }]],
  ['the offset is not one', [answer(0, 0, '-1')]],
])('nothing is acknowledged when %s', (_, results) => {
  expect(() => acknowledgedAt(results, 't', 0)).toThrow(AppendError);
});
