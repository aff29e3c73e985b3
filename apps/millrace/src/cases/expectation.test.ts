import { expect, test } from '@jest/globals';
import { differences, mismatches } from './expectation.ts';

const none = { alerts: [], windows: [], deadletters: [], events: [] };

test('an item matches what has at least its fields, in any order', () => {
  const windows = [
    { group: 'A', values: { count: 1, sum: 2 } },
    { group: 'B', values: { count: 3, sum: 4 } },
  ];
  const expected = { windows: [{ group: 'B' }, { values: { sum: 2 } }] };
  expect(mismatches(expected, { ...none, windows })).toEqual([]);
});

test('a broad item leaves the only match to a narrow one', () => {
  const alerts = [
    { name: 'a', group: 'A' },
    { name: 'a', group: 'B' },
  ];
  expect(mismatches({ alerts: [{ name: 'a' }, { group: 'A' }] }, { ...none, alerts })).toEqual([]);
});

test('each item needs a match of its own', () => {
  const alerts = [{ name: 'a' }];
  const [found] = mismatches({ alerts: [{ name: 'a' }, { name: 'a' }] }, { ...none, alerts });
  expect(found!.lines.join('\n')).toMatch(/is wanted more often than the 1 times that it came/);
});

test('an empty list wants none; a list that is not there is not looked at', () => {
  const outputs = { ...none, alerts: [{ name: 'a' }] };
  expect(mismatches({}, outputs)).toEqual([]);
  expect(mismatches({ alerts: [] }, outputs)).toEqual([
    { what: 'alerts', lines: ['wanted none, got 1:', '+ {"name":"a"}'] },
  ]);
});

test('what does not match is shown beside what came closest', () => {
  const alerts = [
    { name: 'other', group: 'C' },
    { name: 'a', group: 'B' },
  ];
  const [found] = mismatches({ alerts: [{ name: 'a', group: 'A' }] }, { ...none, alerts });
  expect(found!.lines).toEqual([
    '- {"name":"a","group":"A"}',
    '+ {"name":"a","group":"B"}',
    '  group is "B", wanted "A"',
  ]);
});

test.each([
  [0.3, 0.1 + 0.2, true],
  [1, 1.000001, false],
  ['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1), true],
  [[1, 2], [1, 2], true],
  [[1], [1, 2], false],
  [null, null, true],
  [null, undefined, false],
])('%j against %j matches: %j', (expected, actual, matches) => {
  expect(differences(expected, actual).length === 0).toBe(matches);
});
