import { expect, test } from '@jest/globals';
import { acceptAll } from './acceptance.ts';
import { at, examplePlan, HTTP, laneOfRecords, opened } from './hand-worked.ts';

const plan = examplePlan({ checksIds: true });

test('a record whose seq is not above the last does not exist', () => {
  const records = laneOfRecords([
    { ...at(1, 5), seq: 4 },
    { ...at(2, 6), seq: 4 },
    { ...at(3, 7), seq: 3 },
    { ...at(2, 6), seq: 5 },
  ]);
  expect(acceptAll(plan, records)).toEqual(['live', 'repeat', 'repeat', 'live']);
});

test('a position is taken once, by a rejected event too; ticks and replays have no part in it', () => {
  const records = laneOfRecords([
    at(1, 5),
    at(1, 6),
    { ...at(2, 7), kind: 'rejected', event: null },
    at(2, 7),
    { kind: 'tick', position: 9 },
    { ...at(3, 8), kind: 'replay', position: null, stage: 'aggregate' },
    at(3, 8),
  ]);
  expect(acceptAll(plan, records)).toEqual([
    'live',
    'position_duplicate',
    'rejected',
    'position_duplicate',
    'control',
    'live',
    'live',
  ]);
});

test('an id is remembered for `dedupe` of ingest time, which every record of the lane moves', () => {
  const same = (position: number, ingestTime: number, digest = 7) => ({
    ...at(position, 5),
    id: 'x',
    ingestTime,
    digest,
  });
  const records = laneOfRecords([
    same(1, 1000),
    same(2, 1100), // 100 later: still within
    same(3, 1100, 8), // other bytes
    { kind: 'tick', ingestTime: 1101 },
    same(4, 900), // its own clock is behind, the lane's time is 1101: too old to be known, so it is new
    same(5, 1150, 8), // remembered at 1101 with the first bytes
  ]);
  expect(acceptAll(plan, records)).toEqual([
    'live',
    'id_duplicate',
    'id_conflict',
    'control',
    'live',
    'id_conflict',
  ]);
});

test('a replay is a try of its own', () => {
  const records = laneOfRecords([
    { ...at(1, 5), id: 'x' },
    { ...at(2, 5), id: 'x', kind: 'replay', position: null, stage: 'aggregate', attempt: 1 },
  ]);
  expect(acceptAll(plan, records)).toEqual(['live', 'live']);
});

test('without `event.id` only HTTP ids are checked', () => {
  const http = { name: 'api', kind: 'http', finite: false } as const;
  const bare = examplePlan({ sources: [http, ...plan.sources] });
  const fromHttp = { part: HTTP, source: 'api', eventTime: 5, event: {}, id: 'x' };
  const records = laneOfRecords([
    opened(HTTP, { source: 'api', ordered: false }),
    fromHttp,
    fromHttp,
    { ...at(1, 5), id: 'y' },
    { ...at(2, 5), id: 'y' },
  ]);
  expect(acceptAll(bare, records)).toEqual(['control', 'live', 'id_duplicate', 'live', 'live']);
});

test('an id is checked before the verdict, and an event that aggregate fails on is rejected after it', () => {
  const failing = examplePlan({ checksIds: true, failsOn: (event) => event.v === 0 });
  const records = laneOfRecords([
    { ...at(1, 5), kind: 'rejected', event: null, id: 'x' },
    { ...at(2, 5), id: 'x' },
    { ...at(3, 5), kind: 'rejected', event: null, id: 'x', digest: 8 },
    at(4, 5, 'a', 0),
  ]);
  expect(acceptAll(failing, records)).toEqual(['rejected', 'id_duplicate', 'id_conflict', 'rejected']);
});
