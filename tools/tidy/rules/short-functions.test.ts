import { expect, test } from '@jest/globals';
import { repositoryOf } from '../repository.ts';
import { shortFunctions } from './short-functions.ts';

const path = 'libs/lanes/src/run.ts';
const lines = (count: number) => '  work();\n'.repeat(count);
const faultsOf = (text: string) => shortFunctions(repositoryOf({ [path]: text }));

test('a function of 71 lines is a fault, one of 70 is none', () => {
  expect(faultsOf(`export function run() {\n${lines(68)}}\n`)).toEqual([]);
  expect(faultsOf(`// é\nexport function run() {\n${lines(69)}}\n`)).toEqual([
    { path, line: 2, message: expect.stringMatching(/^run has 71 lines/) },
  ]);
});

test('a function inside another counts for itself', () => {
  const inner = `  const step = () => {\n${lines(40)}  };\n`;
  expect(faultsOf(`function make() {\n${inner}${inner}}\n`)).toEqual([]);
  const faults = faultsOf(`function make() {\n  const step = () => {\n${lines(70)}  };\n}\n`);
  expect(faults).toEqual([{ path, line: 2, message: expect.stringMatching(/^step has 72 lines/) }]);
});

test('methods count like functions', () => {
  const faults = faultsOf(`class Lane {\n  run() {\n${lines(70)}  }\n}\n`);
  expect(faults).toEqual([{ path, line: 2, message: expect.stringMatching(/^run has 72 lines/) }]);
});

test('what does not parse is a fault, not a pass', () => {
  expect(faultsOf('function {')).toEqual([{ path, message: expect.stringMatching(/^does not parse/) }]);
});
