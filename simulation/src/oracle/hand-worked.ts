import type { OracleDetector, OraclePlan, OracleWindow } from './plan.ts';
import type { LaneRecord } from './record.ts';

// Small round numbers for the examples that were worked out by hand: 10 ms windows, 2 ms out of order.

export const FILE = 1;
export const SECOND_FILE = 2;
export const HTTP = 9;

export function examplePlan(changes: Partial<OraclePlan> = {}): OraclePlan {
  return {
    lanes: 2,
    outOfOrderMs: 2,
    maxAheadMs: 1000,
    idleMs: 3000,
    dedupeMs: 100,
    keepMs: 20,
    checksIds: false,
    sources: [{ name: 'file', kind: 'file', finite: true }],
    windows: [],
    detectors: [],
    failsOn: () => false,
    ...changes,
  };
}

export function exampleWindow(changes: Partial<OracleWindow> = {}): OracleWindow {
  return {
    name: 'sums',
    local: true,
    sizeMs: 10,
    everyMs: 10,
    latenessMs: 3,
    emit: 'close',
    onLate: 'dead_letter',
    by: (event) => String(event.group),
    when: () => true,
    compute: (events) => ({ n: events.length, sum: events.reduce((sum, event) => sum + Number(event.v), 0) }),
    ...changes,
  };
}

export function exampleDetector(changes: Partial<OracleDetector> = {}): OracleDetector {
  return { name: 'watch', window: null, oncePerWindow: false, severity: 'high', ...changes };
}

/** Records of one lane with seqs 0, 1, 2 … and ids e0, e1, e2 … */
export function laneOfRecords(records: readonly Partial<LaneRecord>[]): LaneRecord[] {
  return records.map((record, i) => ({ ...BLANK, seq: i, id: `e${i}`, ...record }));
}

const BLANK: LaneRecord = {
  kind: 'event',
  seq: 0,
  part: FILE,
  position: null,
  replays: null,
  eventTime: Number.NEGATIVE_INFINITY,
  ingestTime: 0,
  source: 'file',
  id: '',
  key: 'k',
  digest: 7,
  attempt: 0,
  stage: '',
  code: '',
  event: null,
  late: false,
  ended: false,
  parts: 1,
  ordered: true,
};

export function opened(part = FILE, changes: Partial<LaneRecord> = {}): Partial<LaneRecord> {
  return { kind: 'opened', part, ...changes };
}

/** An event at `time` with value `v` for a group, at `position` of its part. */
export function at(position: number, time: number, group = 'a', v = 1, part = FILE): Partial<LaneRecord> {
  return { position, part, eventTime: time, event: { group, v } };
}

export function ended(time: number, part = FILE): Partial<LaneRecord> {
  return { kind: 'tick', part, position: 99, eventTime: time, ended: true };
}
