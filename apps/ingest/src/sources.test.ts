import { expect, test } from '@jest/globals';
import { FINITE_SOURCES } from '@millrace/pipeline/finite-sources';
import { sourceKinds } from './sources.ts';

test('services without a catalogue of sources know the same of their ends', () => {
  const finite = Object.values(sourceKinds).filter((kind) => kind.finite?.({}) ?? false);
  expect(finite.map(({ name }) => name).sort()).toEqual([...FINITE_SOURCES].sort());
});
