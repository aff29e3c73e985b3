import { expect, test } from '@jest/globals';
import { NO_POSITION } from './flow.ts';
import { csvContentType, decodePayload, PayloadError } from './payload.ts';
import { rowOf, withRow } from './row-parameter.ts';

const decode = (contentType: string, text: string | Buffer) => decodePayload(contentType, Buffer.from(text));

function refusal(contentType: string, text: string | Buffer): string {
  try {
    decode(contentType, text);
  } catch (error) {
    if (error instanceof PayloadError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('it was decoded');
}

test('JSON is one value, with its integers exact', () => {
  expect(decode('application/json', '{"a": 9007199254740993, "b": 0.5}')).toEqual({
    record: { a: 9007199254740993n, b: 0.5 },
    textual: false,
  });
  expect(refusal('application/json', '{"a": ')).toMatch(/^malformed_json: .*JSON/);
});

test('CSV is one row below its header, all texts', () => {
  expect(decode('text/csv', 'a,b\n1,"x ""y"", z\n"')).toEqual({
    record: { a: '1', b: 'x "y", z\n' },
    textual: true,
  });
  expect(decode('text/csv', 'b,a\n1,2').record).toEqual({ b: '1', a: '2' });
  for (const delimiter of [',', ';', '\t', '|']) {
    const text = `a${delimiter}b\n1${delimiter}2`;
    expect(decode(csvContentType(delimiter), text).record).toEqual({ a: '1', b: '2' });
  }
});

test('a dead letter says which row of its source it is, and is read all the same', () => {
  for (const [contentType, text] of [
    ['application/json', '{"a":"1"}'],
    ['text/csv; delimiter=semicolon', 'a;b\n1;2'],
  ] as const) {
    const marked = withRow(contentType, 41);
    expect(rowOf(marked)).toBe(41);
    expect(withRow(marked, 7)).toBe(marked);
    expect(decode(marked, text)).toEqual(decode(contentType, text));
  }
  expect(withRow('text/csv', NO_POSITION)).toBe('text/csv');
  expect(rowOf('text/csv')).toBe(NO_POSITION);
});

test('a column may be called as anything', () => {
  const { record } = decode('text/csv', '__proto__,constructor\n1,2');
  expect(Object.entries(record as object)).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
  ]);
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
});

test.each([
  ['text/csv', 'a,b\n1', 'malformed_csv: 1 fields where the header has 2 columns'],
  ['text/csv', 'a,b\n"1,2', 'malformed_csv: a quote is not closed'],
  ['text/csv', 'a,a\n1,2', 'malformed_csv: the header names column "a" twice'],
  ['text/csv', 'a,\n1,2', 'malformed_csv: column 2 of the header has no name'],
  ['text/csv', 'a,b', 'malformed_csv: a header row without a row below it'],
  [
    'text/csv; delimiter=dot',
    'a\n1',
    'unknown_content_type: delimiter "dot" of text/csv is none of comma, semicolon, tab, pipe',
  ],
  ['application/xml', '<a/>', 'unknown_content_type: no decoder for content type "application/xml"'],
  ['application/json', Buffer.from([0x22, 0xff, 0x22]), 'invalid_utf8: the bytes are not valid UTF-8'],
])('%s %j is refused', (contentType, text, message) => {
  expect(refusal(contentType, text)).toBe(message);
});
