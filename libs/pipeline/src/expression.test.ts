import { expect, test } from '@jest/globals';
import { evaluate } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import {
  BOOL,
  DOUBLE,
  DYN,
  listOf,
  mapOf,
  nullable,
  recordOf,
  STRING,
  type Type,
} from './expression/type.ts';
import { type CompiledExpression, compileExpression, type ExpressionFault } from './expression.ts';
import { ExpressionError } from './expression-error.ts';

const ITEM = recordOf(
  new Map([
    ['price', DOUBLE],
    ['name', STRING],
  ]),
);
const MERCHANT = nullable(
  recordOf(
    new Map([
      ['risk', DOUBLE],
      ['city', STRING],
    ]),
  ),
);
const EVENT = recordOf(
  new Map<string, Type>([
    ['n', DOUBLE],
    ['amount', DOUBLE],
    ['zero', DOUBLE],
    ['big', DOUBLE],
    ['discount', nullable(DOUBLE)],
    ['currency', { ...STRING, symbols: ['EUR', 'USD'] }],
    ['card', STRING],
    ['note', nullable(STRING)],
    ['paid', BOOL],
    ['items', listOf(ITEM)],
    ['tags', mapOf(STRING)],
    ['merchant', MERCHANT],
    ['constructor', nullable(STRING)],
  ]),
);
const event = {
  n: 3,
  amount: 12.5,
  zero: 0,
  big: 9007199254740993n,
  discount: null,
  currency: 'EUR',
  card: 'A-1',
  note: null,
  paid: true,
  items: [
    { price: 1, name: 'a' },
    { price: 5, name: 'b' },
  ],
  tags: { color: 'red' },
  merchant: null,
};
const variables = new Map<string, Type>([
  ['event', EVENT],
  ['row', mapOf(DYN)],
]);
const functions = {
  twice: (x: number) => x * 2,
  boom: () => {
    throw new Error('no luck');
  },
  later: async () => 1,
};

function faultsOf(text: string): readonly ExpressionFault[] {
  const compiled = compileExpression(text, { variables, functions });
  return Array.isArray(compiled) ? compiled : [];
}

function compiled(text: string): CompiledExpression {
  const result = compileExpression(text, { variables, functions });
  if (Array.isArray(result)) throw new Error(`${text}: ${JSON.stringify(result)}`);
  return result as CompiledExpression;
}

const evaluated = (text: string, row: Record<string, unknown> = {}): unknown =>
  compiled(text).run({ event, row });

function errorOf(text: string, row: Record<string, unknown> = {}): ExpressionError {
  try {
    evaluated(text, row);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${text} has a value`);
}

test.each<[string, unknown]>([
  ['event.amount * 2', 25],
  ['event.n > 5', false],
  ['event.n == 3', true],
  ['event.n / 2', 1.5],
  ['event.n % 2 == 1', true],
  ['-event.n', -3],
  ['-3 + 1', -2],
  ['1 / 2', 0.5],
  ['2 + 3 * 4', 14],
  ['event.n > 1 ? 1 : 2.5', 1],
  ['event.n in [1, 2, 3]', true],
  ['event.card in ["A-1", "B"]', true],
  ['event.n in [event.zero, event.n]', true],
  ['"color" in event.tags', true],
  ['"toString" in event.tags', false],
  ['event.paid && !event.paid || event.paid', true],
  ['event.card + "!"', 'A-1!'],
  ['[1] + [2]', [1, 2]],
  ['event.items[1].price', 5],
  ['event.items[9]', null],
  ['event.tags.color', 'red'],
  ['event.tags["color"]', 'red'],
  ['event.tags.size', null],
  ['event.big', 9007199254740992],
  ['string(event.big)', '9007199254740993'],
  ['{"a": event.n}', { a: 3 }],
  ['event.items == event.items', true],
  ['min(event.n, 2, 7)', 2],
  ['max(event.n, 2.5)', 3],
  ['abs(-2) + round(2.5) + floor(1.9) + ceil(0.1)', 7],
  ['round(-2.345, 2)', -2.35],
  ['pow(2, 10)', 1024],
  ['int("42") + int(2.9)', 44],
  ['double("1.5")', 1.5],
  ['bool("true")', true],
  ['size(event.items) + "ab".size()', 4],
  ['"Ab".upperAscii() + "Ab".lowerAscii()', 'ABab'],
  ['"a,b".split(",").join("-")', 'a-b'],
  ['event.card.startsWith("A") && event.card.matches("^[A-Z]-[0-9]$")', true],
  ['"hello".substring(1, 3)', 'el'],
  ['"hello".indexOf("l")', 2],
  ['event.items.exists(i, i.price > 4)', true],
  ['event.items.all(i, i.price > 4)', false],
  ['event.items.exists_one(i, i.name == "a")', true],
  ['event.items.filter(i, i.price > 4).map(i, i.name)', ['b']],
  ['event.items.map(i, i.price > 1, i.price * 2)', [10]],
  ['event.items.map(i, event.items.filter(j, j.price < i.price).size())', [0, 1]],
  ['event.tags.exists(k, k == "color")', true],
  ['time("2024-01-01T00:00:00Z")', 1704067200000],
  ['time("2024-01-01")', 1704067200000],
  ['format_time(0)', '1970-01-01T00:00:00.000Z'],
  ['format_time(1, "dd.MM.yyyy HH:mm:ss.SSS", "Europe/Berlin")', '01.01.1970 01:00:00.001'],
  ['hour(0, "America/New_York")', 19],
  ['day_of_week(time("2024-01-07"))', 7],
  ['twice(event.n)', 6],
])('%s', (text, value) => {
  expect(evaluated(text)).toEqual(value);
});

test('a path through null is null, and null can be compared', () => {
  expect(evaluated('event.merchant.city')).toBeNull();
  expect(evaluated('event.merchant.city == "Bern"')).toBe(false);
  expect(evaluated('event.merchant == null')).toBe(true);
  expect(evaluated('has(event.merchant)')).toBe(false);
  expect(evaluated('event.note != "x"')).toBe(true);
});

test.each([
  'event.merchant != null && event.merchant.risk > 3',
  'has(event.merchant) && event.merchant.risk > 3',
  'event.merchant == null || event.merchant.risk > 3',
  '!(event.merchant == null) && event.merchant.risk > 3',
  'event.merchant.risk != null && event.merchant.risk > 3',
  'event.merchant == null ? false : event.merchant.risk > 3',
  'coalesce(event.merchant.risk, 0) > 3',
  'event.discount != null && event.discount * 2 > 3',
  'event.note == "x" && event.note.size() > 3',
])('a guard is understood: %s', (text) => {
  expect(faultsOf(text)).toEqual([]);
  expect(evaluated(text)).toBe(text.includes('|| '));
});

test.each([
  'event.merchant.risk > 3',
  'event.merchant != null || event.merchant.risk > 3',
  '(event.merchant != null || event.paid) && event.merchant.risk > 3',
  'event.merchant.risk > 3 && event.merchant != null',
  'event.merchant == null ? event.merchant.risk > 3 : false',
  '!has(event.merchant) && event.merchant.risk > 3',
])('a missing guard is found: %s', (text) => {
  const [fault] = faultsOf(text);
  expect(fault).toMatchObject({ code: 'may_be_null' });
  expect(fault!.message).toContain('event.merchant.risk may be null');
  expect(fault!.hint).toBe('write event.merchant.risk != null && …, or coalesce(event.merchant.risk, 0)');
});

test.each<[string, string, number, string, string | null]>([
  ['event.amuont > 5', 'unknown_field', 6, 'event has no field amuont', 'did you mean amount?'],
  ['amount > 5', 'unknown_name', 0, 'there is no amount here', 'write event.amount'],
  ['evnt.amount > 5', 'unknown_name', 0, 'there is no evnt here', 'did you mean event?'],
  [
    'event.card > 5',
    'wrong_type',
    0,
    'event.card is a text and 5 is a number: > compares like with like',
    null,
  ],
  ['event.card * 2', 'wrong_type', 0, 'event.card is a text, * wants a number', 'write double(event.card)'],
  [
    'event.n == "3"',
    'wrong_type',
    0,
    'event.n is a number and "3" is a text: they are never equal',
    'write string(event.n)',
  ],
  ['event.currency == "eur"', 'unknown_symbol', 18, 'event.currency is never "eur"', 'did you mean EUR?'],
  ['event.n && event.paid', 'wrong_type', 0, 'event.n is a number, && wants true or false', null],
  [
    'event.paid ? 1 : "x"',
    'wrong_type',
    0,
    '1 is a number and "x" is a text: both sides of : must be alike',
    null,
  ],
  ['rund(event.n)', 'unknown_function', 0, 'there is no function rund', 'did you mean round?'],
  [
    'event.card.upper()',
    'unknown_function',
    11,
    'there is no method upper',
    'known are contains, startsWith, endsWith, matches, lowerAscii, upperAscii, trim, charAt, indexOf, lastIndexOf, substring, replace, …',
  ],
  [
    'round()',
    'wrong_arguments',
    0,
    'round takes a number, and how many digits to keep: round(event.x, 2)',
    null,
  ],
  [
    'event.card.matches("(")',
    'wrong_arguments',
    0,
    'matches: Invalid regular expression: /(/u: Unterminated group',
    `matches takes a regular expression: x.matches('^[A-Z]+$')`,
  ],
  [
    'hour(0, "Mars")',
    'wrong_arguments',
    0,
    'hour: there is no time zone "Mars"',
    "hour takes a time in milliseconds, and a zone: hour(event.at, 'Europe/Berlin')",
  ],
  ['event.items.exists(i, i.prize > 3)', 'unknown_field', 24, 'i has no field prize', 'did you mean price?'],
  ['event.amount = 5', 'expression_syntax', 13, 'unexpected character: =', 'compare with =='],
  ['event.amount >', 'expression_syntax', 14, 'unexpected token: the end', null],
  ['round(event.n', 'expression_syntax', 13, "expected ')', got the end", null],
  ['twice()', 'wrong_arguments', 0, 'twice takes 1 argument, not 0', null],
])('%s is refused', (text, code, start, message, hint) => {
  expect(faultsOf(text)[0]).toMatchObject({ code, start, message, hint });
});

test('all faults of an expression are found at once', () => {
  expect(faultsOf('event.a > 1 && event.b > 2').map(({ message }) => message)).toEqual([
    'event has no field a',
    'event has no field b',
  ]);
});

test.each<[string, Record<string, unknown>, string, string]>([
  [
    'event.n / event.zero',
    {},
    'division_by_zero',
    'division by zero in event.n / event.zero: event.zero is 0',
  ],
  ['event.n % 0', {}, 'division_by_zero', 'division by zero in event.n % 0: 0 is 0'],
  [
    'row.x > 3',
    {},
    'null_value',
    'row.x is null in row.x > 3; guard it: write row.x != null && …, or coalesce(row.x, 0)',
  ],
  ['row.x > 3', { x: '4' }, 'wrong_type', 'row.x is "4" in row.x > 3, wanted a number; write double(row.x)'],
  ['row.x * 2', { x: '4' }, 'wrong_type', 'row.x is "4" in row.x * 2, wanted a number; write double(row.x)'],
  ['row.x && true', { x: 1 }, 'wrong_type', 'row.x is 1 in row.x && true, wanted true or false'],
  ['double(row.x)', { x: 'many' }, 'bad_text', 'double in double(row.x): "many" is not a number'],
  [
    'time(row.x)',
    { x: 'noon' },
    'bad_text',
    'time in time(row.x): "noon" is not a time such as 2024-01-31T12:00:00Z',
  ],
  ['boom()', {}, 'function_failed', 'boom threw in boom(): no luck'],
  ['later()', {}, 'function_failed', "later returned a promise: functions in expressions can't wait"],
])('%s on %j says what is wrong', (text, row, reason, message) => {
  expect(errorOf(text, row)).toMatchObject({ code: 'expression_error', reason, message, expression: text });
});

test('names of Object.prototype are fields like any other', () => {
  expect(evaluated('event.constructor')).toBeNull();
  expect(evaluated('row.constructor')).toBeNull();
  expect(evaluated('row["__proto__"]')).toBeNull();
  expect(evaluated('row.toString', JSON.parse('{"toString":"x"}'))).toBe('x');
});

test('what an expression reads is known', () => {
  expect(compiled('event.n > 1 && event.merchant.city == row.city').used).toEqual(
    new Map([
      ['event', new Set(['n', 'merchant'])],
      ['row', new Set(['city'])],
    ]),
  );
  expect(compiled('event == event').used).toEqual(new Map([['event', null]]));
});

test('arithmetic and comparisons agree with cel-js on doubles', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => Math.abs(x) || 1);
  const operator = fc.constantFrom('+', '-', '*', '/', '<', '<=', '>', '>=', '==', '!=');
  const join = fc.constantFrom('+', '-', '*', '/');
  fc.assert(
    fc.property(number, join, number, operator, number, (a, first, b, second, c) => {
      const text = `row.a ${first} row.b ${second} row.c`;
      const expected = evaluate(text, { row: { a, b, c } });
      expect(evaluated(text, { a, b, c })).toEqual(expected);
    }),
  );
});
