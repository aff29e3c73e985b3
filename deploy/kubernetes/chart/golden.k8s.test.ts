import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { CASE_NAMES, CASES, CHART, type Manifest, manifests } from '../fixtures/chart.ts';

const FOLDER = fileURLToPath(new URL('../golden/', import.meta.url));
const isUpdate = process.env.UPDATE_GOLDEN === 'true';

test.each(CASE_NAMES)('values-%s makes the manifests that were looked at and found right', (name) => {
  const path = `${FOLDER}${name}.yaml`;
  const text = [...manifests(CASES[name])].sort(byKindAndName).map(asText).join('---\n');
  if (isUpdate) writeFileSync(path, text);
  if (!existsSync(path)) throw new Error(`${path} is missing: npm run test:k8s -- --update`);
  // Where the difference is meant: npm run test:k8s -- --update, and look at the difference in git.
  expect(text).toBe(readFileSync(path, 'utf8'));
});

function asText(manifest: Manifest): string {
  const data = manifest.data && { data: Object.fromEntries(Object.entries(manifest.data).map(asSource)) };
  return stringify({ ...manifest, ...data }, { lineWidth: 0, sortMapEntries: true });
}

/** A file of the chart has its own reviewers. */
function asSource([name, text]: [string, string]): [string, string] {
  const found = ['dashboards', 'tests'].find((folder) => existsSync(`${CHART}/files/${folder}/${name}`));
  if (!found) return [name, text];
  expect(text).toBe(readFileSync(`${CHART}/files/${found}/${name}`, 'utf8'));
  return [name, `(files/${found}/${name})`];
}

function byKindAndName(a: Manifest, b: Manifest): number {
  const key = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;
  return key(a) < key(b) ? -1 : 1;
}
