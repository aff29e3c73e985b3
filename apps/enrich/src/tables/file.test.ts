import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ColumnType, TablePlan } from '@millrace/pipeline/plan';
import { tableOf } from '@millrace/testkit/plans';
import { TableError } from '../table.ts';
import { fileTable } from './file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-table-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Given {
  readonly columns?: Readonly<Record<string, ColumnType>>;
  readonly config?: Readonly<Record<string, unknown>>;
}

async function planFor(name: string, text: string, given: Given = {}): Promise<TablePlan> {
  const path = join(folder, name);
  await writeFile(path, text);
  const columns = new Map(Object.entries(given.columns ?? { city: 'string' as const }));
  return tableOf('merchants', { columns, config: { path, ...given.config } });
}

async function open(name: string, text: string, given: Given = {}) {
  return fileTable.open(await planFor(name, text, given));
}

const typed = { city: 'string', risk: 'double', sales: 'long', open: 'boolean' } as const;

describe('CSV', () => {
  test('has typed columns; what is not declared is text, what is not wanted is left out', async () => {
    const table = await open(
      'm.csv',
      '\ufeffid,city,risk,sales,open,other\nm1,"Oslo, N",0.25,9007199254740993,true,x\nm2,,,,,\n',
      { columns: typed },
    );
    expect(Object.isFrozen(table.get('m1'))).toBe(true);
    expect(table.get('m1')).toEqual({ city: 'Oslo, N', risk: 0.25, sales: 9007199254740993n, open: true });
    expect(table.get('m2')).toEqual({ city: '', risk: null, sales: null, open: null });
    expect(table.get('m3')).toBeNull();
  });

  test('may have another delimiter and ending', async () => {
    const table = await open('m.txt', 'id;city\nm1;Oslo', { config: { format: 'csv', delimiter: ';' } });
    expect(table.get('m1')).toEqual({ city: 'Oslo' });
  });

  test.each([
    ['a key twice', 'id,city\nm1,Oslo\nm2,Rome\nm1,Bern', /m\.csv:4: id "m1" is there twice/],
    ['no key', 'id,city\n,Oslo', /m\.csv:2: the primary column id is empty/],
    [
      'no such primary column',
      'code,city\nm1,Oslo',
      /m\.csv:2: no primary column id \(there are code, city\)/,
    ],
    ['no such column', 'id,town\nm1,Oslo', /has no column city/],
    ['a short row', 'id,city\nm1', /can't read .*m\.csv: Invalid Record Length/],
  ])('with %s is refused, naming the place', async (_, text, message) => {
    await expect(open('m.csv', text)).rejects.toThrow(message);
  });

  test.each([
    ['risk', 'high', /m\.csv:2: column risk: "high" is no double/],
    ['sales', '1.5', /column sales: "1.5" is no long/],
    ['sales', '9223372036854775808', /does not fit 64 bits/],
    ['open', 'yes', /column open: "yes" is no boolean/],
  ] as const)('a %s of "%s" is refused', async (column, text, message) => {
    await expect(
      open('m.csv', `id,${column}\nm1,${text}`, { columns: { [column]: typed[column] } }),
    ).rejects.toThrow(message);
  });
});

describe('JSON', () => {
  const records = [
    { id: 'm1', city: 'Oslo', risk: 1, sales: '9007199254740993', open: false, other: {} },
    { id: 7, city: null },
  ];
  const row = { city: 'Oslo', risk: 1, sales: 9007199254740993n, open: false };

  test.each([
    ['m.json', JSON.stringify(records)],
    ['m.ndjson', records.map((record) => `${JSON.stringify(record)}\n`).join('\n')],
    ['m.jsonl', records.map((record) => JSON.stringify(record)).join('\n')],
  ])('%s: objects by their primary field', async (name, text) => {
    const table = await open(name, text, { columns: typed });
    expect(table.get('m1')).toEqual(row);
    expect(table.get('7')).toEqual({ city: null, risk: null, sales: null, open: null });
  });

  test.each([
    ['m.ndjson', '{"id":"a","city":"x"}\n\n{"id":"b"', /m\.ndjson:3: /],
    ['m.ndjson', '{"id":"a","city":"x"}\n{"id":"a","city":"y"}', /m\.ndjson:2: id "a" is there twice/],
    ['m.json', '[{"id":"a","city":"x"},{"id":"a","city":"y"}]', /m\.json \[1\]: id "a" is there twice/],
    ['m.json', '{"id":"a"}', /must be an array of objects/],
    ['m.json', '[1]', /m\.json \[0\]: not a JSON object/],
    ['m.json', '[{"id":"a","city":5}]', /column city: 5 is no string \(declare the type/],
  ])('%s with %s is refused', async (name, text, message) => {
    await expect(open(name, text)).rejects.toThrow(message);
  });
});

test('a missing file is refused with its path', async () => {
  const path = join(folder, 'none.csv');
  const opening = fileTable.open(tableOf('merchants', { config: { path } }));
  await expect(opening).rejects.toThrow(TableError);
  await expect(opening).rejects.toThrow(`table merchants: can't read ${path}: there is no such file`);
});

test('a name without a known ending wants a format', async () => {
  await expect(open('merchants', 'id,city')).rejects.toThrow(/set `format` to csv, json or ndjson/);
});

describe('refresh', () => {
  async function replaceBy(plan: TablePlan, text: string): Promise<void> {
    const next = join(folder, 'next');
    await writeFile(next, text);
    await rename(next, plan.config.path as string);
  }

  test('takes the new rows, and keeps the old ones of a broken file', async () => {
    const plan = await planFor('m.csv', 'id,city\nm1,Oslo\nm2,Rome');
    const table = await fileTable.open(plan);
    await replaceBy(plan, 'id,city\nm1,Bern');
    await table.refresh!();
    expect([table.get('m1'), table.get('m2')]).toEqual([{ city: 'Bern' }, null]);
    await replaceBy(plan, 'id,city\nm1,Nice\nm1,Nice');
    await expect(table.refresh!()).rejects.toThrow('is there twice');
    expect(table.get('m1')).toEqual({ city: 'Bern' });
    await replaceBy(plan, 'id,city\nm1,Nice');
    await table.refresh!();
    expect(table.get('m1')).toEqual({ city: 'Nice' });
  });

  test('of a file that has not changed keeps the rows that it has', async () => {
    const plan = await planFor('m.csv', 'id,city\nm1,Oslo');
    const table = await fileTable.open(plan);
    const before = table.get('m1');
    await table.refresh!();
    expect(table.get('m1')).toBe(before);
    await replaceBy(plan, 'id,city\nm1,Rome');
    await table.refresh!();
    const after = table.get('m1');
    expect(after).toEqual({ city: 'Rome' });
    await table.refresh!();
    expect(table.get('m1')).toBe(after);
  });
});
