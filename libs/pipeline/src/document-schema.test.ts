import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { CATALOGUE, FLIGHTS } from './compile.fixture.ts';
import { documentSchema } from './document-schema.ts';

const formats = { duration: true, rate: true, bytes: true, path: true, secret: true } as const;
const validate = new Ajv2020({ strict: false, formats }).compile(documentSchema(CATALOGUE));

test('an editor accepts a good document, shorthands too', () => {
  validate(parse(FLIGHTS));
  expect(validate.errors).toBeNull();
});

test('an editor accepts the bare name of a kind that needs no settings, and of no other', () => {
  const document = parse(FLIGHTS);
  expect(validate({ ...document, sources: { a: 'http' }, route: [{ name: 'r', to: ['console'] }] })).toBe(
    true,
  );
  expect(validate({ ...document, sources: { a: 'file' } })).toBe(false);
  expect(validate({ ...document, route: [{ name: 'r', to: ['store'] }] })).toBe(false);
});

test('an editor marks what lint refuses', () => {
  const document = parse(FLIGHTS);
  expect(validate({ ...document, lane: 3 })).toBe(false);
  expect(validate({ ...document, sources: { a: { tcp: {} } } })).toBe(false);
});

test('kinds bring their settings and their words', () => {
  const schema = JSON.stringify(documentSchema(CATALOGUE));
  for (const words of ['Events sent over HTTP.', 'Keeps events.', 'The size of each window']) {
    expect(schema).toContain(words);
  }
});
