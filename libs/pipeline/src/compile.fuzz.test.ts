import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { compileText, FLIGHTS } from './compile.fixture.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Paths of every value in a document. */
function pathsOf(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

function replaced(value: Json, [step, ...rest]: readonly string[], by: Json): Json {
  if (step === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as { [key: string]: Json }) };
  const holder = copy as { [key: string]: Json };
  holder[step] = replaced(holder[step]!, rest, by);
  return copy as Json;
}

const document = parse(FLIGHTS) as Json;
const anything = fc.oneof(
  fc.constantFrom<Json>(
    null,
    '',
    'x',
    'event',
    'event.',
    'count()',
    '1d',
    '-1',
    'secret:x',
    {},
    [],
    [{}],
    [null],
  ),
  fc.constantFrom<Json>(
    'event.delay > ',
    'event[0]',
    'row',
    'windows.x',
    '__proto__',
    { constructor: 1 },
    true,
    Number.MAX_VALUE,
  ),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);
const mutation = fc.record({ path: fc.constantFrom(...pathsOf(document)), by: anything });

function sound(text: string): void {
  const { plan, faults } = compileText(text);
  expect(plan === null).toBe(faults.length > 0);
  for (const { line, column, message } of faults) {
    expect(line).toBeGreaterThan(0);
    expect(column).toBeGreaterThan(0);
    expect(message).not.toMatch(/undefined|\[object|Cannot read/);
  }
}

test('whatever a document holds, the answer is a plan or its faults', () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 2 }), (mutations) => {
      sound(stringify(mutations.reduce((value, { path, by }) => safely(value, path, by), document)));
    }),
    { numRuns: 60 },
  );
});

/** A second mutation may find its place gone. */
function safely(value: Json, path: readonly string[], by: Json): Json {
  try {
    return replaced(value, path, by);
  } catch {
    return value;
  }
}

test('whatever the text, the answer is a fault', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => sound(text)),
    { numRuns: 50 },
  );
});

test.each([
  ['an unknown anchor', 'pipeline: *nowhere'],
  [
    'a bomb of anchors',
    `a: &a [x, x]\n${[...'bcdefghijk'].map((c, i) => `${c}: &${c} [${`*${'abcdefghij'[i]}, `.repeat(9)}]`).join('\n')}`,
  ],
  ['deep nesting', '['.repeat(20_000)],
  ['keys of prototypes', '__proto__: { a: 1 }\nconstructor: 2\ntoString: 3'],
])('%s', (_, text) => {
  sound(text);
  expect(compileText(text).plan).toBeNull();
});
