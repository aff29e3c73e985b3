import { expect, test } from '@jest/globals';
import { readTraceparent, spanIdOf, traceFields, traceHeaders, traceIdOf, traceOf } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE}-${SPAN}-01`;

test('a sampled traceparent is taken with its tracestate', () => {
  expect(readTraceparent(SAMPLED, 'congo=t61rcWkgMzE')).toEqual({
    parent: SAMPLED,
    state: 'congo=t61rcWkgMzE',
  });
  expect(readTraceparent(SAMPLED, undefined)).toEqual({ parent: SAMPLED, state: '' });
});

test.each([
  ['00', 'unsampled'],
  ['02', 'unsampled'],
  ['03', { parent: SAMPLED, state: '' }],
])('of the flags %s only the first bit says that it is sampled', (flags, expected) => {
  expect(readTraceparent(`00-${TRACE}-${SPAN}-${flags}`, undefined)).toEqual(expected);
});

test('a later version may have more fields, and goes on as ours', () => {
  expect(readTraceparent(`01-${TRACE}-${SPAN}-01-more`, undefined)).toEqual({ parent: SAMPLED, state: '' });
});

test.each([
  undefined,
  '',
  'nonsense',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE}-${SPAN}`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `${SAMPLED}, ${SAMPLED}`,
])('%j is no traceparent', (text) => {
  expect(readTraceparent(text, undefined)).toBe('malformed');
});

test('a tracestate that breaks the rules is left out, the trace goes on', () => {
  expect(readTraceparent(SAMPLED, 'a=\u0001')).toEqual({ parent: SAMPLED, state: '' });
  expect(readTraceparent(SAMPLED, 'a'.repeat(513))).toEqual({ parent: SAMPLED, state: '' });
});

test('headers carry it there and back', () => {
  for (const state of ['', 'congo=1']) {
    const trace = { parent: SAMPLED, state };
    expect(traceOf(traceHeaders(trace))).toEqual(trace);
  }
  expect(traceOf(undefined)).toBeNull();
  expect(traceOf({ other: 'x' })).toBeNull();
});

test('ids for people', () => {
  const trace = { parent: SAMPLED, state: '' };
  expect([traceIdOf(trace), spanIdOf(trace)]).toEqual([TRACE, SPAN]);
  expect(traceFields(trace)).toEqual({ trace_id: TRACE, span_id: SPAN });
  expect([traceIdOf(null), traceFields(null)]).toEqual(['', {}]);
});
