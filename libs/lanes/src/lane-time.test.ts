import { expect, test } from '@jest/globals';
import { createFlow, type Flow, type FlowKind, NO_TIME } from './flow.ts';
import { LaneTime } from './lane-time.ts';

const FILE = 1;
const HTTP = 2;
const time = { outOfOrderMs: 5, maxAheadMs: 1_000, idleMs: 3_000, dedupeMs: 0, keepMs: 0 };
const source = { kind: 'file', config: {}, map: null };
const history = { ...source, name: 'history', finite: true };
const api = { ...source, name: 'api', finite: false };

function laneTime(finite = false): LaneTime {
  return new LaneTime({ time, sources: finite ? [history] : [history, api], longestMs: 100, latenessMs: 20 });
}

function flow(kind: FlowKind, part: number, fields: Partial<Flow> = {}): Flow {
  const named = { source: part === FILE ? 'history' : 'api', ordered: part === FILE, parts: 1 };
  return { ...createFlow(kind), part, ...named, ...fields };
}

function event(lane: LaneTime, part: number, eventTime: number, fields: Partial<Flow> = {}): void {
  const record = flow('event', part, { eventTime, ...fields });
  lane.isRepeatedPosition(record);
  lane.hear(record);
  lane.event(record);
}

test('an open file without events holds the watermark; a quiet HTTP source does not', () => {
  const lane = laneTime();
  lane.opened(flow('opened', HTTP));
  expect([lane.watermark, lane.idle]).toEqual([NO_TIME, true]);
  lane.opened(flow('opened', FILE));
  event(lane, HTTP, 1_000);
  expect([lane.watermark, lane.idle]).toEqual([NO_TIME, false]);
  event(lane, FILE, 50, { position: 0 });
  expect(lane.watermark).toBe(45);
});

test('the watermark is the least of the active parts, and never goes back', () => {
  const lane = laneTime();
  event(lane, HTTP, 1_000);
  expect(lane.watermark).toBe(995);
  event(lane, FILE, 50, { position: 0 });
  expect(lane.watermark).toBe(995);
  lane.tick(flow('tick', FILE, { eventTime: 2_000 }));
  event(lane, HTTP, 1_500);
  expect(lane.watermark).toBe(1_495);
  lane.tick(flow('tick', FILE, { eventTime: 2_000, ended: true }));
  event(lane, HTTP, 3_000);
  expect(lane.watermark).toBe(2_995);
});

test('silence goes on when a clock that was far ahead has been put right', () => {
  const lane = laneTime();
  const tick = (ingestTime: number) => lane.tick(flow('tick', HTTP, { ingestTime }));
  event(lane, HTTP, 1_000, { ingestTime: 0 });
  const YEAR = 365 * 86_400_000;
  tick(YEAR);
  tick(1_000);
  expect(lane.idle).toBe(false);
  for (const ingestTime of [2_000, 3_000]) tick(ingestTime);
  expect(lane.idle).toBe(true);
  // Behind by less, as several clocks are.
  event(lane, HTTP, 2_000, { ingestTime: 70_000 });
  for (const ingestTime of [10_001, 11_000, 12_000, 13_000]) tick(ingestTime);
  expect(lane.idle).toBe(false);
});

test('a position is taken once', () => {
  const lane = laneTime();
  const at = (position: number) => lane.isRepeatedPosition(flow('event', FILE, { position }));
  expect([at(0), at(1), at(1), at(0), at(5), at(4)]).toEqual([false, false, true, true, false, true]);
  const without = flow('event', HTTP);
  expect([lane.isRepeatedPosition(without), lane.isRepeatedPosition(without)]).toEqual([false, false]);
});

test('silence of an HTTP source counts ingest time, an outage of ours at most 2 s of it', () => {
  const lane = laneTime();
  event(lane, HTTP, 1_000, { ingestTime: 10_000 });
  lane.tick(flow('tick', HTTP, { ingestTime: 11_000 }));
  expect([lane.idle, lane.watermark]).toEqual([false, 995]);
  // Ten minutes down: 2 s, which makes 3 s of silence in all.
  lane.tick(flow('tick', HTTP, { ingestTime: 611_000 }));
  expect(lane.idle).toBe(true);
  // Never further than what closes the windows open then: 5 + 100 + 20.
  expect(lane.watermark).toBe(1_000 + 125 - 5);
  event(lane, HTTP, 602_000, { ingestTime: 612_000 });
  expect([lane.idle, lane.watermark]).toEqual([false, 601_995]);
});

test('when every part of a finite plan has ended, its windows can close', () => {
  const lane = laneTime(true);
  lane.opened(flow('opened', FILE, { parts: 2 }));
  event(lane, FILE, 1_000, { position: 0 });
  lane.tick(flow('tick', FILE, { eventTime: 1_000, ended: true }));
  expect(lane.watermark).toBe(995);
  lane.opened(flow('opened', FILE + 10, { source: 'history', ordered: true, parts: 2 }));
  lane.tick(flow('tick', FILE + 10, { source: 'history', ended: true }));
  expect([lane.idle, lane.watermark]).toEqual([true, 1_125]);
});

test('a file that its source no longer has holds nothing back, until it is there again', () => {
  const lane = laneTime();
  const named = (part: number) => ({ source: 'history', ordered: true, part });
  const open = (...parts: number[]) => {
    for (const part of parts) lane.opened(flow('opened', FILE, { ...named(part), parts: parts.length }));
  };
  open(11, 12);
  event(lane, FILE, 50, { ...named(11), position: 0 });
  event(lane, FILE, 90, { ...named(12), position: 0 });
  expect(lane.watermark).toBe(45);
  // The start before was cut short.
  lane.opened(flow('opened', FILE, { ...named(13), parts: 2 }));
  open(13, 12);
  event(lane, FILE, 100, { ...named(13), position: 0 });
  expect(lane.watermark).toBe(85);
  open(11, 12, 13);
  event(lane, FILE, 200, { ...named(12), position: 1 });
  event(lane, FILE, 200, { ...named(13), position: 1 });
  expect(lane.watermark).toBe(85);
  event(lane, FILE, 150, { ...named(11), position: 1 });
  expect(lane.watermark).toBe(145);
});

test('what is gone does not keep a finite plan from ending; nor does a source that the document has no more', () => {
  const lane = laneTime(true);
  lane.opened(flow('opened', HTTP));
  event(lane, HTTP, 500);
  lane.opened(flow('opened', FILE));
  event(lane, FILE, 50, { position: 0 });
  lane.opened(flow('opened', FILE, { part: 11 }));
  expect([lane.idle, lane.watermark]).toEqual([false, 495]);
  lane.tick(flow('tick', FILE, { part: 11, eventTime: 60, ended: true }));
  expect([lane.idle, lane.watermark]).toEqual([true, 500 + 125]);
});

test('a restored lane has the same time', () => {
  const lane = laneTime();
  event(lane, HTTP, 1_000, { ingestTime: 10 });
  event(lane, FILE, 500, { position: 3 });
  event(lane, FILE, 100, { part: 12, position: 0 });
  lane.opened(flow('opened', FILE, { parts: 2 }));
  const restored = laneTime();
  lane.drain({ put: (key, value) => restored.restore(key, value), remove: () => {} });
  expect(restored.size()).toBe(lane.size());
  for (const one of [lane, restored]) {
    one.tick(flow('tick', FILE, { eventTime: 900 }));
    one.opened(flow('opened', FILE, { part: 11, parts: 2 }));
  }
  expect(restored.watermark).toBe(lane.watermark);
  expect(restored.parts()).toEqual(lane.parts());
  expect(restored.isRepeatedPosition(flow('event', FILE, { position: 3 }))).toBe(true);
});
