import { expect, test } from '@jest/globals';
import { repositoryOf } from '../repository.ts';
import { pinnedVersions } from './pinned-versions.ts';

const path = 'libs/lanes/package.json';
const faultsOf = (manifest: object) =>
  pinnedVersions(repositoryOf({ [path]: JSON.stringify({ name: '@millrace/lanes', ...manifest }, null, 2) }));

test.each(['^1.2.3', '~1.2.3', '1.x', '*', 'latest', 'github:owner/name'])('%s is a fault', (version) => {
  for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    expect(faultsOf({ [group]: { yaml: version } })).toEqual([
      { path, line: 4, message: expect.stringContaining(`yaml "${version}"`) },
    ]);
  }
});

test('an exact version is none', () => {
  expect(faultsOf({ dependencies: { yaml: '1.2.3', ajv: '8.0.0-beta.1' } })).toEqual([]);
});
