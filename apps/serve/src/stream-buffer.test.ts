import { expect, test } from '@jest/globals';
import type { ResultRow } from '@millrace/lanes/ports/results';
import { alertRowOf, deadLetterRowOf, windowRowOf } from '@millrace/testkit/result-rows';
import { createStreamBuffer, MAX_HELD } from './stream-buffer.ts';

const written = (...rows: ResultRow[]) => ({ rows, removed: [] });
const removed = (id: string) => ({ rows: [], removed: [{ pipeline: 'payments', id }] });

test('of a window only the latest result is held, in whatever order they come', () => {
  const buffer = createStreamBuffer('payments', null);
  for (const revision of [1, 3, 2]) {
    buffer.add(written(windowRowOf('A', 0, { version: { position: 7, revision }, revision })));
  }
  buffer.add(written(windowRowOf('B', 0)));
  const [windows, ...others] = buffer.flush();
  expect(windows!.data).toMatchObject([
    { group: 'A', revision: 3 },
    { group: 'B', revision: 1 },
  ]);
  expect(others).toEqual([]);
  expect(buffer.flush()).toEqual([]);
});

test('rows of other pipelines, other windows and stored events stay out', () => {
  const buffer = createStreamBuffer('payments', 'card_velocity');
  buffer.add(written(windowRowOf('A', 0, { pipeline: 'other' }), windowRowOf('A', 0, { name: 'by_city' })));
  buffer.add({ rows: [], removed: [{ pipeline: 'other', id: 'x' }] });
  expect(buffer.flush()).toEqual([]);
});

test('a dead letter that was removed before anybody saw it is only removed; one that came back is there', () => {
  const buffer = createStreamBuffer('payments', null);
  const letter = deadLetterRowOf('e1', 0);
  buffer.add(written(letter));
  buffer.add(removed(letter.id));
  expect(buffer.flush()).toEqual([{ event: 'removed', data: [letter.id] }]);
  buffer.add(removed(letter.id));
  buffer.add(written(letter));
  expect(buffer.flush()).toMatchObject([{ event: 'deadletters', data: [{ id: letter.id }] }]);
});

test('beyond its bounds it names what is missing, and holds no more', () => {
  const buffer = createStreamBuffer('payments', null);
  for (let n = 0; n < MAX_HELD.windows + 5; n++) buffer.add(written(windowRowOf(`g${n}`, 0)));
  for (let n = 0; n < MAX_HELD.alerts + 5; n++) buffer.add(written(alertRowOf(`velocity:${n}`, n)));
  for (let n = 0; n < MAX_HELD.removed + 5; n++) buffer.add(removed(`e${n}/validate/0`));
  // A row that is held already may still change.
  buffer.add(written(windowRowOf('g0', 0, { version: { position: 9, revision: 1 }, revision: 9 })));
  const events = new Map(buffer.flush().map(({ event, data }) => [event, data]));
  expect(events.get('windows')).toHaveLength(MAX_HELD.windows);
  expect(events.get('windows')![0]).toMatchObject({ group: 'g0', revision: 9 });
  expect(events.get('alerts')).toHaveLength(MAX_HELD.alerts);
  expect(events.get('missed')).toEqual(['windows', 'alerts', 'deadletters']);
  expect(buffer.flush()).toEqual([]);
});
