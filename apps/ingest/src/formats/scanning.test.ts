import { expect, test } from '@jest/globals';
import { jsonParse } from '@millrace/pipeline/json-parse';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csv } from './csv.ts';
import type { FormatOptions } from './format.ts';
import { json } from './json.ts';
import { ndjson } from './ndjson.ts';
import { createRows, createSplitter } from './splitter.ts';

const BOUNDS = { eventBytesMax: 4_096, scanBytesMax: 65_536, brokenBytesMax: 1_024 };
const OPTIONS: FormatOptions = { delimiter: null, contentType: '', depthMax: 64 };
const FORMATS = { json, ndjson, csv };

interface Found {
  readonly rows: unknown[];
  readonly faults: string[];
}

/** Splits as a file is read: in pieces of the given sizes, over and over. */
function read(format: keyof typeof FORMATS, text: string, pieces: readonly number[] = [1 << 20]): Found {
  const input = Buffer.from(text);
  const splitter = createSplitter(FORMATS[format].create(OPTIONS), BOUNDS);
  const rows = createRows(3);
  const found: Found = { rows: [], faults: [] };
  let base = 0;
  let to = 0;
  let piece = 0;
  while (!splitter.finished()) {
    const bytes = input.subarray(base, to);
    const end = splitter.split(bytes, 0, bytes.length, to === input.length, base, rows);
    for (let i = 0; i < rows.count; i++) {
      const broken = rows.broken[i];
      found.rows.push(
        broken ? `broken: ${broken.payload.toString()}` : decode(bytes, rows.starts[i]!, rows.ends[i]!),
      );
      if (broken) found.faults.push(broken.message);
    }
    base += end;
    if (rows.count < 3) to = Math.min(input.length, Math.max(to, base) + pieces[piece++ % pieces.length]!);
  }
  return found;

  function decode(bytes: Buffer, start: number, end: number): unknown {
    try {
      return splitter.scanner.decode(bytes, start, end);
    } catch (error) {
      found.faults.push((error as Error).message);
      return `bad: ${bytes.toString('utf8', start, end)}`;
    }
  }
}

const pieces = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
const blanks = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

test('a JSON array is read as JSON.parse reads it, however it is cut', () => {
  const arrays = fc.array(fc.jsonValue({ maxDepth: 4 }), { maxLength: 8 });
  fc.assert(
    fc.property(
      arrays,
      fc.constantFrom(undefined, 1, '\t'),
      blanks,
      pieces,
      (values, indent, blank, cuts) => {
        const text = blank + JSON.stringify(values, null, indent) + blank;
        expect(read('json', text, cuts)).toEqual({ rows: jsonParse(text), faults: [] });
      },
    ),
    { numRuns: 300 },
  );
});

test('what JSON.parse refuses is never read without a fault, and what it takes never with one', () => {
  const marks = fc.constantFrom(
    '[',
    ']',
    '{',
    '}',
    '"',
    ',',
    ':',
    '\\',
    '\n',
    ' ',
    '1',
    'null',
    '"a"',
    '{"a":1}',
    '-',
    'é',
  );
  const broken = fc.array(marks, { maxLength: 12 }).map((parts) => `[${parts.join('')}]`);
  fc.assert(
    fc.property(broken, pieces, (text, cuts) => {
      const found = read('json', text, cuts);
      expect(found).toEqual(read('json', text));
      let parsed: unknown;
      try {
        parsed = jsonParse(text);
      } catch {
        expect(found.faults).not.toEqual([]);
        return;
      }
      expect(found).toEqual({ rows: parsed, faults: [] });
    }),
    { numRuns: 3_000 },
  );
});

test('a single JSON document is one row, and nothing may follow it', () => {
  expect(read('json', ' {"a": [1, 2]} ')).toEqual({ rows: [{ a: [1, 2] }], faults: [] });
  expect(read('json', '﻿[1]')).toEqual({ rows: [1], faults: [] });
  expect(read('json', '{"a":1} {"a":2}').faults).toEqual(['text after the end of the document']);
  expect(read('json', ' ')).toEqual({ rows: [], faults: [] });
});

test('reading goes on after a broken element of an indented array', () => {
  const text =
    '[\n  {"a": 1},\n  {"a": [2},\n  {"a": 3},\n  {"b": "x\n  },\n  {"a": 4},\n  {\n    "a": 5\n  }\n]';
  const { rows, faults } = read('json', text);
  expect(rows).toEqual([
    { a: 1 },
    'broken: {"a": [2},\n  ',
    { a: 3 },
    'broken: {"b": "x\n  },\n  ',
    { a: 4 },
    { a: 5 },
  ]);
  expect(faults).toEqual(['"}" does not close what is open here', 'a text is not closed on its line']);
});

test('an array that is not closed is reported', () => {
  expect(read('json', '[1, 2').faults).toEqual(['the array is not closed']);
  expect(read('json', '[{"a":1},').faults).toEqual(['the input ends where a value is expected']);
  expect(read('json', '[{"a":1},{"b"').faults).toEqual(['the input ends within this value']);
});

test('deep nesting is a fault, not a crash', () => {
  expect(read('json', `[${'['.repeat(1_000)}${']'.repeat(1_000)}]`).faults).toEqual([
    'nested deeper than 64',
  ]);
});

test('NDJSON: a row per line, blank lines left out, the last one with or without its end', () => {
  expect(read('ndjson', '﻿{"a":1}\r\n\n {"a":2} \n{"a":3}', [2, 3])).toEqual({
    rows: [{ a: 1 }, { a: 2 }, { a: 3 }],
    faults: [],
  });
  expect(read('ndjson', '{"a":1}\n{"a":\n{"a":3}\n').rows).toEqual([{ a: 1 }, 'bad: {"a":', { a: 3 }]);
});

test('CSV: quotes, doubled quotes and line ends within them, however it is cut', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r', ' ', ';'), maxLength: 6 });
  const table = fc.array(fc.tuple(cell, cell, cell), { maxLength: 6 });
  const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  fc.assert(
    fc.property(
      table,
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      pieces,
      (cells, lineEnd, closed, cuts) => {
        const lines = ['a,b,c', ...cells.map((row) => row.map(quote).join(','))];
        const text = lines.join(lineEnd) + (closed ? lineEnd : '');
        const rows = cells.map(([a, b, c]) => ({ a, b, c }));
        expect(read('csv', text, cuts)).toEqual({ rows, faults: [] });
      },
    ),
    { numRuns: 300 },
  );
});

test('CSV: what csv-parse takes is read as it reads it, what it refuses is never read without a fault', () => {
  const marks = fc.constantFrom('x', '"', '""', ',', '\n', ' ', 'é', 'x,x\n', '"x\n,x",x\n');
  fc.assert(
    fc.property(fc.array(marks, { maxLength: 10 }), pieces, (parts, cuts) => {
      const text = `a,b\n${parts.join('')}`;
      const found = read('csv', text, cuts);
      expect(found).toEqual(read('csv', text));
      let parsed: unknown;
      try {
        parsed = parse(text, { columns: true, skip_empty_lines: true, record_delimiter: '\n' });
      } catch {
        expect(found.faults).not.toEqual([]);
        return;
      }
      expect(found).toEqual({ rows: parsed, faults: [] });
    }),
    { numRuns: 3_000 },
  );
});

test('CSV: a broken quote costs its own row only', () => {
  const { rows } = read('csv', 'a,b\n1,2\n"3,4\n5,6\n7,"8\n9,"x"\n"y"z,1\n10,11');
  expect(rows).toEqual([
    { a: '1', b: '2' },
    'broken: "3,4\n',
    { a: '5', b: '6' },
    'broken: 7,"8\n',
    { a: '9', b: 'x' },
    'broken: "y"z,1\n',
    { a: '10', b: '11' },
  ]);
});

test('CSV: another number of fields, a quote inside a field, a broken header', () => {
  expect(read('csv', 'a,b\n1\n1,2,3\n1,2"\n').faults).toEqual([
    '1 fields where the header has 2 columns',
    '3 fields where the header has 2 columns',
    'a quote inside field 2, which does not start with one',
  ]);
  expect(read('csv', 'a,a\n1,2\n3,4\n').faults).toHaveLength(2);
});

test('a row larger than one event may be is reported, and reading goes on behind it', () => {
  const large = JSON.stringify({ a: 'x'.repeat(5_000) });
  for (const cuts of [[1 << 20], [700], [4_000, 1]]) {
    const { rows, faults } = read('ndjson', `1\n${large}\n2\n`, cuts);
    expect(rows).toEqual([1, `broken: ${large.slice(0, 1_024)}`, 2]);
    expect(faults[0]).toContain('larger than the 4096 bytes');
    expect(read('json', `[1,${large},2]`, cuts).rows).toEqual(rows);
  }
});

test('where no row ends, the next line that may begin one is read', () => {
  const endless = `"${'x,'.repeat(40_000)}`;
  for (const cuts of [[1 << 20], [10_000], [70_000, 3]]) {
    const { rows, faults } = read('csv', `a,b\n${endless}\n1,2\n`, cuts);
    expect(rows).toEqual([`broken: ${endless.slice(0, 1_024)}`, { a: '1', b: '2' }]);
    expect(faults[0]).toContain('a quote or a bracket may not be closed');
  }
});
