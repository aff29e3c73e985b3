import { expect, test } from '@jest/globals';
import { repositoryOf } from '../repository.ts';
import { completeLockfile } from './complete-lockfile.ts';

const path = 'package-lock.json';
const messagesOf = (packages: object) =>
  completeLockfile(repositoryOf({ [path]: JSON.stringify({ packages }) })).map(({ message }) => message);
const biome = { optionalDependencies: { 'cli-linux': '1.0.0', 'cli-darwin': '1.0.0' } };

test('an optional package that the lockfile leaves out is a fault', () => {
  const packages = { 'node_modules/biome': biome, 'node_modules/cli-linux': {} };
  expect(messagesOf(packages)).toEqual([expect.stringMatching(/^node_modules\/biome needs cli-darwin,/)]);
});

test('it is found beside its owner and above it', () => {
  const packages = {
    'tools/node_modules/biome': biome,
    'tools/node_modules/cli-linux': {},
    'node_modules/cli-darwin': {},
  };
  expect(messagesOf(packages)).toEqual([]);
});

test('a package from elsewhere than the public registry is a fault; a workspace is none', () => {
  const packages = {
    'node_modules/a': { resolved: 'https://mirror.example/a.tgz' },
    'node_modules/b': { resolved: 'https://registry.npmjs.org/b/-/b-1.0.0.tgz' },
    'node_modules/@millrace/lanes': { resolved: 'libs/lanes', link: true },
  };
  expect(messagesOf(packages)).toEqual([expect.stringContaining('https://mirror.example/a.tgz')]);
});
