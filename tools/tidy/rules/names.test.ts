import { expect, test } from '@jest/globals';
import { repositoryOf } from '../repository.ts';
import { names } from './names.ts';

const pathsOf = (...paths: string[]) =>
  names(repositoryOf(Object.fromEntries(paths.map((path) => [path, ''])))).map(({ path }) => path);

test.each([
  ['libs/lanes/src/utils.ts', 'libs/lanes/src/utils.ts'],
  ['libs/lanes/src/helpers/clock.ts', 'libs/lanes/src/helpers'],
  ['libs/lanes/src/topic-manager.test.ts', 'libs/lanes/src/topic-manager.test.ts'],
  ['libs/common/src/clock.ts', 'libs/common'],
  ['examples/flights/data/a.md', 'examples/flights/data'],
])('%s is a fault', (path, fault) => {
  expect(pathsOf(path)).toEqual([fault]);
});

test('a name that says something is none', () => {
  expect(pathsOf('libs/lanes/src/data-loss.ts', 'libs/lanes/src/utilisation.ts')).toEqual([]);
});

test('a folder is reported once', () => {
  expect(pathsOf('libs/utils/a.ts', 'libs/utils/b.ts')).toEqual(['libs/utils']);
});
