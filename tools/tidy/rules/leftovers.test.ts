import { expect, test } from '@jest/globals';
import { repositoryOf } from '../repository.ts';
import { leftovers } from './leftovers.ts';

test.each(['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'])('%s is a fault where it stands', (mark) => {
  const faults = leftovers(
    repositoryOf({ 'docs/a.md': `# A\n\n${mark}: write\n`, 'docs/b.md': `${mark}LIST` }),
  );
  expect(faults).toEqual([{ path: 'docs/a.md', line: 3, message: expect.stringContaining(mark) }]);
});
