import { expect, test } from '@jest/globals';
import { createFlow, type Flow } from '@millrace/lanes/flow';
import fc from 'fast-check';
import { type Acquaintance, KnownIds } from './known-ids.ts';

const DEDUPE_MS = 50;

function flow(id: string, digest: number, ingestTime: number, attempt = 0): Flow {
  return { ...createFlow('event'), id, digest, ingestTime, attempt };
}

function meet(ids: KnownIds, record: Flow): Acquaintance {
  ids.hear(record.ingestTime);
  return ids.meet(record);
}

function restored(ids: KnownIds, saved: Map<string, Uint8Array>): KnownIds {
  ids.drain({ put: (key, value) => saved.set(key, value), remove: (key) => saved.delete(key) });
  const next = new KnownIds(DEDUPE_MS);
  for (const [key, value] of saved) next.restore(key, value);
  expect(next.size()).toBe(saved.size);
  return next;
}

test('the same id is a duplicate, with other content a conflict, after `dedupe` new again', () => {
  const ids = new KnownIds(DEDUPE_MS);
  expect(meet(ids, flow('a', 1, 100))).toBe('new');
  expect(meet(ids, flow('a', 1, 150))).toBe('duplicate');
  expect(meet(ids, flow('a', 2, 150))).toBe('conflict');
  expect(meet(ids, flow('a', 2, 151))).toBe('new');
  expect(meet(ids, flow('a', 2, 160, 1))).toBe('new');
});

test('a record from a clock far behind is remembered as of the lane, so that its repeat is known', () => {
  const ids = new KnownIds(DEDUPE_MS);
  expect(meet(ids, flow('a', 1, 500))).toBe('new');
  expect(meet(ids, flow('b', 1, 100))).toBe('new');
  expect(meet(ids, flow('b', 1, 100))).toBe('duplicate');
  expect(meet(ids, flow('b', 1, 550))).toBe('duplicate');
});

test('is a map with expiry, whatever its size and however often it is saved', () => {
  const step = fc.record({
    id: fc.integer({ min: 0, max: 3_000 }),
    digest: fc.integer({ min: 0, max: 1 }),
    later: fc.integer({ min: 0, max: 2 }),
    save: fc.integer({ min: 0, max: 400 }),
  });
  const check = (steps: readonly { id: number; digest: number; later: number; save: number }[]) => {
    const model = new Map<number, { digest: number; time: number }>();
    const saved = new Map<string, Uint8Array>();
    let ids = new KnownIds(DEDUPE_MS);
    let now = 1_000;
    for (const { id, digest, later, save } of steps) {
      now += later === 2 ? 1 : 0;
      const known = model.get(id);
      const expected =
        known === undefined || known.time < now - DEDUPE_MS
          ? 'new'
          : known.digest === digest
            ? 'duplicate'
            : 'conflict';
      if (expected === 'new') model.set(id, { digest, time: now });
      expect(meet(ids, flow(String(id), digest, now))).toBe(expected);
      if (save === 0) ids = restored(ids, saved);
    }
  };
  fc.assert(fc.property(fc.array(step, { maxLength: 4_000, size: 'max' }), check), { numRuns: 30 });
});

test('what has expired leaves the saved state', () => {
  const ids = new KnownIds(DEDUPE_MS);
  const saved = new Map<string, Uint8Array>();
  for (let i = 0; i < 3_000; i++) meet(ids, flow(`${i}`, 0, 1_000));
  restored(ids, saved);
  const full = saved.size;
  meet(ids, flow('later', 0, 2_000));
  restored(ids, saved);
  expect(full).toBeGreaterThan(10);
  expect(saved.size).toBe(2);
});
