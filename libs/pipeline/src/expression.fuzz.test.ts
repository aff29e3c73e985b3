import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DYN, mapOf, type Type } from './expression/type.ts';
import { type CompiledExpression, compileExpression } from './expression.ts';
import { ExpressionError } from './expression-error.ts';

const variables = new Map<string, Type>([['row', mapOf(DYN)]]);
const functions = { f: (x: unknown) => x };

const { text: expressionText } = fc.letrec<{ text: string }>((tie) => {
  const inner = tie('text');
  const binary = fc.constantFrom('+', '-', '*', '/', '%', '<', '<=', '==', '!=', '&&', '||', 'in');
  const named = fc.constantFrom(
    ...['abs', 'round', 'floor', 'string', 'double', 'int', 'bool', 'size', 'bytes', 'time', 'format_time'],
    ...['hour', 'day_of_week', 'f', 'has', 'sqrt', 'nothing'],
  );
  const method = fc.constantFrom(
    'contains',
    'startsWith',
    'matches',
    'split',
    'join',
    'substring',
    'charAt',
    'indexOf',
  );
  const macro = fc.constantFrom('exists', 'all', 'exists_one', 'filter', 'map');
  return {
    text: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        'row.a',
        'row.b',
        'row["c"]',
        'row',
        'x',
        '1',
        '0',
        '2.5',
        '"a"',
        '"["',
        'true',
        'null',
        '[1, 2]',
        '[]',
        '{"a": 1}',
        'b"x"',
      ),
      fc.tuple(inner, binary, inner).map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc.tuple(named, inner).map(([name, a]) => `${name}(${a})`),
      fc.tuple(inner, inner).map(([a, b]) => `max(${a}, ${b})`),
      fc.tuple(inner, inner).map(([a, b]) => `coalesce(${a}, ${b})`),
      fc.tuple(inner, method, inner).map(([a, name, b]) => `${a}.${name}(${b})`),
      fc.tuple(inner, macro, inner).map(([a, name, b]) => `${a}.${name}(x, ${b})`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.tuple(inner, inner).map(([a, b]) => `${a}[${b}]`),
      inner.map((a) => `!${a}`),
      inner.map((a) => `-${a}`),
    ),
  };
});
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constant(undefined),
);

test('what compiles gives a value or an expression error, the same each time', () => {
  let ran = 0;
  fc.assert(
    fc.property(expressionText, value, value, value, (text, a, b, c) => {
      const compiled = compileExpression(text, { variables, functions });
      if (Array.isArray(compiled)) return;
      const { run } = compiled as CompiledExpression;
      ran += 1;
      const once = (): unknown => {
        try {
          return run({ row: { a, b, c } as Record<string, unknown> });
        } catch (error) {
          if (error instanceof ExpressionError) return error.message;
          throw error;
        }
      };
      expect(once()).toEqual(once());
    }),
    { numRuns: 15_000 },
  );
  expect(ran).toBeGreaterThan(500);
});

test('whatever the text, compiling answers', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'row.a"\'()[]{}?:,+-*/%<>=!&|1e9 \n\\xub'), maxLength: 30 }),
      (text) => {
        const compiled = compileExpression(text, { variables, functions });
        expect(Array.isArray(compiled) ? compiled.length > 0 : 'run' in compiled).toBe(true);
      },
    ),
    { numRuns: 3_000 },
  );
});
