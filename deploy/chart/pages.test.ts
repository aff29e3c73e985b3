import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { document } from '../fixtures/documents.ts';
import { pages } from './pages.ts';
import { CHART, chartValues, type Value } from './values.ts';
import { valuesSchema } from './values-schema.ts';

type Values = { readonly [key: string]: unknown };

test.each(Object.keys(pages()))('the chart’s %s is what others say (npm run -w deploy chart)', (path) => {
  expect(readFileSync(new URL(path, CHART), 'utf8')).toBe(pages()[path]);
});

const everyValue = (values: readonly Value[]): readonly Value[] =>
  values.flatMap((value) => [value, ...everyValue(value.below)]);

test('what has no keys below it says what it is', () => {
  for (const { path, below, comment } of everyValue(chartValues())) {
    if (below.length === 0) expect([path, comment]).toEqual([path, expect.stringMatching(/\w{2}/)]);
  }
});

describe('the schema', () => {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(valuesSchema());
  const faultsOf = (values: Values): readonly string[] => {
    validate(values);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };

  test.each(['values.yaml', 'values-laptop.yaml', 'values-staging.yaml', 'values-production.yaml'])(
    'allows %s',
    (file) => {
      expect(faultsOf(document<Values>(`helm/millrace/${file}`))).toEqual([]);
    },
  );

  test.each<[what: string, values: Values]>([
    ['a key that there is not', { imagge: {} }],
    ['a stage that there is not', { stages: { merge: {} } }],
    ['a setting that there is not', { configuration: { kafkka: 'a:1' } }],
    ['a setting that the chart makes', { configuration: { port: 80 } }],
    ['a password', { configuration: { redis_password: 'hunter2' } }],
    ['a drain without a unit', { configuration: { drain: '20' } }],
    ['another kind of scaling', { stages: { route: { scaling: { kind: 'keda' } } } }],
    ['part of a digest', { defaults: { digest: 'sha256:12' } }],
    ['a server that there is not', { network: { servers: { kafka: { peers: [] } } } }],
    ['replicas as text', { stages: { ingest: { replicas: '3' } } }],
  ])('refuses %s', (_, values) => {
    expect(faultsOf(values)).toHaveLength(1);
  });

  test('lets a chart that this is a part of say what is global', () => {
    expect(faultsOf({ global: { any: 1 } })).toEqual([]);
  });
});
