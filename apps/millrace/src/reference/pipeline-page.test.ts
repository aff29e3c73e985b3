import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { documentSchema } from '@millrace/pipeline/document-schema';
import { QUANTITIES } from '@millrace/pipeline/settings';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { catalogue } from '../catalogue.ts';
import { keysOf, sectionsOf } from './document-keys.ts';
import { DOCS } from './pages.ts';

type Schema = Readonly<Record<string, unknown>>;

const schema = documentSchema(catalogue);
const { single, sections } = sectionsOf(schema);
const keys = [...single, ...sections.flatMap((section) => keysOf(schema, section))];
const page = readFileSync(new URL('pipeline.md', DOCS), 'utf8');

test('the page has a row for each key of the schema, and no other', () => {
  const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path!.split('.').at(-1)!);
  const settings = rows.filter((key) => key !== 'NAME');
  const { properties, ...others } = schema;
  const below = Object.values(properties as Schema);
  const own = [...single.map(({ path }) => path), ...propertyNames([...below, others])];
  expect(settings.toSorted()).toEqual(own.toSorted());
});

test('every key says what it means; one that holds no others has an example', () => {
  for (const { path, meaning, holds, example } of keys) {
    expect([path, meaning]).toEqual([path, expect.stringMatching(/\w{2}/)]);
    if (!holds) expect([path, example]).toEqual([path, expect.stringMatching(/\S/)]);
  }
});

test('every example is what the schema wants', () => {
  const ajv = new Ajv2020({ strict: false });
  for (const [format, { parse }] of QUANTITIES) {
    ajv.addFormat(format, (text: string) => Number.isFinite(parse(text)));
  }
  for (const format of ['path', 'secret']) ajv.addFormat(format, true);
  const described = withExamples(schema);
  expect(described.length).toBeGreaterThan(40);
  for (const each of described) {
    const valid = ajv.compile(each);
    for (const example of each.examples as readonly unknown[]) {
      expect([example, valid(example), valid.errors]).toEqual([example, true, null]);
    }
  }
});

/** The names under `properties`, wherever they stand. */
function propertyNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(propertyNames);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === 'properties'
      ? [...Object.keys(item), ...Object.values(item).flatMap(propertyNames)]
      : inside(key, item),
  );
}

/** Examples and defaults hold keys of events, not of the document. */
const inside = (key: string, item: unknown): string[] =>
  ['examples', 'default'].includes(key) ? [] : propertyNames(item);

function withExamples(value: unknown): Schema[] {
  if (Array.isArray(value)) return value.flatMap(withExamples);
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray((value as Schema).examples) ? [value as Schema] : [];
  return [...own, ...Object.values(value).flatMap(withExamples)];
}
