import { expect, test } from '@jest/globals';
import { beginTrace } from './begin-trace.ts';
import { NEW_TRACE } from './trace-context.ts';

const IDS = '4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7';
const always = { sampled: () => true };
const never = { sampled: () => false };

test('the sender decides, in both directions', () => {
  expect(beginTrace(never, `00-${IDS}-01`, 'a=1')).toEqual({ parent: `00-${IDS}-01`, state: 'a=1' });
  expect(beginTrace(always, `00-${IDS}-00`, undefined)).toBeNull();
});

test('where the sender says nothing, or nonsense, the rate decides', () => {
  for (const traceparent of [undefined, 'nonsense']) {
    expect(beginTrace(always, traceparent, undefined)).toBe(NEW_TRACE);
    expect(beginTrace(never, traceparent, undefined)).toBeNull();
  }
});
