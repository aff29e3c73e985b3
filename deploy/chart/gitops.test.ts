import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parseAllDocuments } from 'yaml';
import { deploy, document } from '../fixtures/documents.ts';
import { valuesSchema } from './values-schema.ts';

const CHART_PATH = 'deploy/helm/millrace';
const inRepository = (path: string) => existsSync(join(deploy, '..', path));

interface Application {
  readonly spec: {
    readonly sources: readonly {
      readonly ref?: string;
      readonly path?: string;
      readonly helm?: {
        readonly valueFiles: readonly string[];
        readonly fileParameters: readonly { readonly name: string; readonly path: string }[];
      };
    }[];
  };
}

interface Release {
  readonly kind: string;
  readonly spec: {
    readonly chart: { readonly spec: { readonly chart: string; readonly valuesFiles: readonly string[] } };
    readonly values: object;
    readonly valuesFrom: readonly { readonly targetPath: string; readonly literal: boolean }[];
  };
}

test('Argo CD’s application takes the chart with files that are there, and the bundle as a file', () => {
  const [chart, team] = document<Application>('gitops/argocd-application.yaml').spec.sources;
  expect(chart!.path).toBe(CHART_PATH);
  for (const file of chart!.helm!.valueFiles.filter((path) => !path.startsWith('$'))) {
    expect([file, inRepository(join(CHART_PATH, file))]).toEqual([file, true]);
  }
  const [pipeline] = chart!.helm!.fileParameters;
  expect(pipeline!.name).toBe('pipeline');
  expect(pipeline!.path.split('/')[0]).toBe(`$${team!.ref}`);
});

test('Flux’s release takes the chart with files that are there, the bundle as it is, and values that it knows', () => {
  const text = readFileSync(join(deploy, 'gitops/flux-helmrelease.yaml'), 'utf8');
  const { spec } = parseAllDocuments(text)
    .map((each) => each.toJSON() as Release)
    .find(({ kind }) => kind === 'HelmRelease')!;
  expect(spec.chart.spec.chart).toBe(CHART_PATH);
  for (const file of spec.chart.spec.valuesFiles) expect([file, inRepository(file)]).toEqual([file, true]);
  expect(spec.valuesFrom).toEqual([expect.objectContaining({ targetPath: 'pipeline', literal: true })]);
  const validate = new Ajv({ strict: false }).compile(valuesSchema());
  validate(spec.values);
  expect(validate.errors).toBeNull();
});
