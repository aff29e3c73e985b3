import { describe, expect, test } from '@jest/globals';
import { flowOf } from '@millrace/testkit/flows';
import fc from 'fast-check';
import { EVENT_JSON, jsonData, readEventJson, writeEventJson } from './event-json.ts';

const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, '', -0, Number.NaN, Number.POSITIVE_INFINITY, 2n ** 63n - 1n),
    fc.double(),
    fc.bigInt(),
    fc.string(),
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('$long', '$object', '$x', '__proto__')),
      tie('value'),
    ),
  ),
}));

function writtenAndRead(event: Record<string, unknown>) {
  const payload = writeEventJson(flowOf('event', { event, eventTime: 5, late: true }));
  const replay = flowOf('replay', { stage: 'aggregate', contentType: EVENT_JSON, payload });
  readEventJson(replay);
  return replay;
}

describe('an event as JSON', () => {
  test('is read as it was written, to the bit', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(writtenAndRead({ value, flags: [] }).event!.value).toEqual(value);
      }),
    );
  });

  test('keeps time, lateness and the flags, which are the event’s own', () => {
    const replay = writtenAndRead({ amount: 1, flags: ['small'] });
    expect(replay).toMatchObject({ eventTime: 5, late: true, flags: ['small'] });
    expect(replay.event!.flags).toBe(replay.flags);
  });

  test.each([
    ['another content type', { contentType: 'application/json', payload: new TextEncoder().encode('{}') }],
    ['no payload', { contentType: EVENT_JSON, payload: null }],
    ['no JSON', { contentType: EVENT_JSON, payload: new TextEncoder().encode('{') }],
    ['no event', { contentType: EVENT_JSON, payload: new TextEncoder().encode('{"time":1}') }],
    [
      'a mark of nobody',
      { contentType: EVENT_JSON, payload: new TextEncoder().encode('{"event":{"a":{"$x":1}}}') },
    ],
  ])('is refused with %s', (_, parts) => {
    expect(() => readEventJson(flowOf('replay', { stage: 'enrich', ...parts }))).toThrow(Error);
  });
});

describe('JSON data for people', () => {
  test('is the value itself where nothing is to change', () => {
    const event = { amount: 1, merchant: { city: 'Oslo' }, items: [{ n: 1 }], flags: [] };
    expect(jsonData(event)).toBe(event);
  });

  test('has text in place of what JSON can not hold', () => {
    const event = {
      id: 2n ** 63n - 1n,
      deep: [{ bytes: new Uint8Array([255]) }],
      ratio: Number.NaN,
      rest: 1,
    };
    const before = structuredClone(event);
    expect(jsonData(event)).toEqual({
      id: '9223372036854775807',
      deep: [{ bytes: '/w==' }],
      ratio: 'NaN',
      rest: 1,
    });
    expect(event).toEqual(before);
  });
});
