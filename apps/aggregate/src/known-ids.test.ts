import { expect, test } from '@jest/globals';
import { createFlow, type Flow } from '@millrace/lanes/flow';
import fc from 'fast-check';
import { type Acquaintance, KnownIds } from './known-ids.ts';

const DEDUPE_MS = 50;
/** Of a clock. */
const JUMP_MS = 60_000;

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
    jump: fc.integer({ min: 0, max: 300 }),
    save: fc.integer({ min: 0, max: 400 }),
  });
  interface Step {
    readonly id: number;
    readonly digest: number;
    readonly later: number;
    readonly jump: number;
    readonly save: number;
  }
  const check = (steps: readonly Step[]) => {
    const model = new Map<number, { digest: number; time: number }>();
    const saved = new Map<string, Uint8Array>();
    let ids = new KnownIds(DEDUPE_MS);
    let now = 1_000_000;
    for (const { id, digest, later, jump, save } of steps) {
      now += later === 2 ? 1 : 0;
      if (jump === 0) now += JUMP_MS;
      if (jump === 1 && later !== 2) {
        for (const [key, known] of model) if (known.time < now - DEDUPE_MS) model.delete(key);
        now -= JUMP_MS;
        for (const known of model.values()) known.time = Math.min(known.time, now);
      }
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

test('what came while a clock was far ahead is forgotten in time once it has been put right', () => {
  const ids = new KnownIds(DEDUPE_MS);
  expect(meet(ids, flow('a', 1, 100_000))).toBe('new');
  expect(meet(ids, flow('b', 1, 900_000))).toBe('new');
  expect(meet(ids, flow('c', 1, 100_010))).toBe('new');
  // Forgotten by the clock that was ahead.
  expect(meet(ids, flow('a', 1, 100_010))).toBe('new');
  expect(meet(ids, flow('b', 1, 100_060))).toBe('duplicate');
  expect(meet(ids, flow('b', 1, 100_061))).toBe('new');
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
