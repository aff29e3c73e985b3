import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readme } from './readme.ts';
import { valuesSchema } from './values-schema.ts';

const DEPLOY = new URL('../', import.meta.url);

/** The chart's files that are written from others, by their path in it. Helm reads nothing outside of a chart. */
export function pages(): Readonly<Record<string, string>> {
  return {
    'values.schema.json': `${JSON.stringify(valuesSchema(), null, 2)}\n`,
    'README.md': readme(),
    'files/rules.yaml': copyOf('prometheus/rules.yaml'),
    ...Object.fromEntries(
      globSync('grafana/dashboards/*.json', { cwd: DEPLOY }).map((path) => [
        `files/dashboards/${basename(path)}`,
        copyOf(path),
      ]),
    ),
  };
}

const copyOf = (path: string): string => readFileSync(new URL(path, DEPLOY), 'utf8');
