import { expect, test } from '@jest/globals';
import { repositoryOf } from '../repository.ts';
import { declaredDependencies } from './declared-dependencies.ts';

const manifest = JSON.stringify({
  name: '@millrace/lanes',
  dependencies: { yaml: '1.0.0', '@fastify/ajv': '1.0.0' },
});
const faultsOf = (files: Record<string, string>) =>
  declaredDependencies(
    repositoryOf({
      'package.json': JSON.stringify({ devDependencies: { jest: '1.0.0' } }),
      'libs/lanes/package.json': manifest,
      ...files,
    }),
  );
const useAll = "import 'yaml';\nimport type { A } from '@fastify/ajv/dist/core';\n";

test('a declared package that nothing in the workspace imports is a fault', () => {
  const files = {
    'libs/lanes/src/a.ts': "import 'yaml';\n",
    'libs/kafka/src/b.ts': "import '@fastify/ajv';\n",
  };
  expect(faultsOf(files)).toEqual([
    { path: 'libs/lanes/package.json', message: expect.stringMatching(/^@fastify\/ajv is declared but not/) },
  ]);
});

test('an imported package that is not declared is a fault', () => {
  const code = `${useAll}export const load = () => import('@millrace/pipeline/plan');\n`;
  const path = 'libs/lanes/src/a.ts';
  const message = '@millrace/pipeline is missing in libs/lanes/package.json';
  expect(faultsOf({ [path]: code })).toEqual([{ path, line: 3, message }]);
});

test("the workspace itself, Node's modules and the root's tools need no declaration", () => {
  const code = `${useAll}import '@millrace/lanes/b';\nimport 'node:fs';\nimport 'jest';\nimport './b.ts';\n`;
  expect(faultsOf({ 'libs/lanes/src/a.ts': code })).toEqual([]);
});
