import { expect, test } from '@jest/globals';
import { keepPlaces } from './places.js';
import { readSelection, selectionText } from './selection.js';

test('what is looked at survives the address, whatever the groups are called', () => {
  const selection = { pipeline: 'p', window: 'w', value: 'total', groups: ['A&B=C', 'ü #?', ''] };
  expect(readSelection(`#${selectionText(selection)}`)).toEqual(selection);
  expect(readSelection('')).toEqual({ groups: [] });
});

test('groups keep their places, and with them their colours; newcomers take those of who left', () => {
  expect(keepPlaces(['B', 'A', 'C'], [])).toEqual(['B', 'A', 'C']);
  expect(keepPlaces(['A', 'D', 'C'], ['A', 'B', 'C'])).toEqual(['A', 'D', 'C']);
  expect(keepPlaces(['C', 'A'], ['A', 'B', 'C'])).toEqual(['A', 'C']);
  expect(keepPlaces(['D', 'E', 'F', 'A'], ['A', 'B'])).toEqual(['A', 'D', 'E', 'F']);
});
