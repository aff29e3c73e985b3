import { expect, test } from '@jest/globals';
import { repositoryOf } from '../repository.ts';
import { layers } from './layers.ts';

const folders = {
  libs: ['pipeline', 'lanes', 'embedded', 'kafka', 'service', 'testkit'],
  apps: ['ingest', 'validate', 'millrace'],
  '': ['simulation', 'bench', 'tools'],
};
const workspaces = Object.entries(folders).flatMap(([parent, names]) =>
  names.flatMap((name) => {
    const folder = parent ? `${parent}/${name}` : name;
    const manifest = { name: `@millrace/${name}`, exports: { './*': './src/*.ts' } };
    return [
      [`${folder}/package.json`, JSON.stringify(manifest)],
      [`${folder}/src/x.ts`, ''],
      [`${folder}/src/main.ts`, ''],
      [`${folder}/src/fixtures/x.ts`, ''],
    ];
  }),
);
const messagesOf = (path: string, specifier: string) =>
  layers(
    repositoryOf({ ...Object.fromEntries(workspaces), [path]: `\nimport type { X } from '${specifier}';\n` }),
  ).map(({ line, message }) => `${line}: ${message}`);

test.each([
  ['libs/pipeline/src/a.ts', '@millrace/lanes/x', 'libs/pipeline must not import libs/lanes'],
  ['libs/lanes/src/a.ts', '@millrace/embedded/x', 'libs/lanes must not import libs/embedded'],
  ['libs/kafka/src/a.ts', '@millrace/embedded/x', 'libs/kafka must not import libs/embedded'],
  ['libs/embedded/src/a.ts', '@millrace/service/x', 'libs/embedded must not import libs/service'],
  ['libs/service/src/a.ts', '@millrace/ingest/x', 'libs/service must not import apps/ingest'],
  ['apps/ingest/src/stage.ts', '@millrace/service/x', 'apps/ingest must not import libs/service'],
  ['apps/ingest/src/main.ts', '@millrace/embedded/x', 'apps/ingest must not import libs/embedded'],
  ['apps/ingest/src/main.ts', '@millrace/validate/x', 'apps/ingest must not import apps/validate'],
  ['apps/ingest/src/stage.ts', './main.ts', 'a stage must not import the program'],
  ['apps/ingest/src/a.ts', '@millrace/testkit/x', 'the testkit is for tests'],
  ['apps/ingest/src/a.ts', '../../validate/src/x.ts', 'a relative path must stay in apps/ingest'],
  ['apps/ingest/src/a.test.ts', '../../validate/src/x.ts', 'a relative path must stay in apps/ingest'],
  ['apps/ingest/src/a.ts', './fixtures/x.ts', './fixtures/x.ts is for tests only'],
  ['apps/ingest/src/a.ts', './nowhere.ts', './nowhere.ts leads to no file'],
  ['apps/ingest/src/a.ts', '@millrace/lanes/nowhere', '@millrace/lanes/nowhere leads to no file'],
  ['libs/lanes/src/a.test.ts', 'kafkajs', 'only libs/kafka may import kafkajs'],
  ['libs/lanes/src/a.ts', 'lmdb/abi', 'only libs/embedded may import lmdb/abi'],
])('%s importing %s is a fault', (path, specifier, message) => {
  expect(messagesOf(path, specifier)).toEqual([expect.stringContaining(`2: ${message}`)]);
});

test.each([
  ['libs/lanes/src/a.ts', '@millrace/pipeline/x'],
  ['libs/kafka/src/a.ts', '@millrace/lanes/x'],
  ['libs/kafka/src/a.ts', 'kafkajs'],
  ['bench/src/a.ts', 'lmdb'],
  ['libs/service/src/a.ts', '@millrace/kafka/x'],
  ['libs/embedded/src/a.test.ts', '@millrace/testkit/x'],
  ['apps/ingest/src/a.test.ts', './fixtures/x.ts'],
  ['apps/ingest/src/fixtures/a.ts', '@millrace/testkit/x'],
  ['apps/ingest/src/main.ts', '@millrace/service/x'],
  ['apps/ingest/src/main.ts', './x.ts'],
  ['apps/ingest/src/stage.ts', 'node:path'],
  ['apps/millrace/src/run.ts', '@millrace/ingest/x'],
  ['simulation/src/a.ts', '@millrace/testkit/x'],
  ['bench/src/a.ts', '@millrace/millrace/x'],
])('%s may import %s', (path, specifier) => {
  expect(messagesOf(path, specifier)).toEqual([]);
});
