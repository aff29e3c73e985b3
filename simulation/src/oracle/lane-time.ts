import type { Acceptance } from './acceptance.ts';
import type { OraclePlan } from './plan.ts';
import type { LaneRecord } from './record.ts';

/** How far a lane is after a record. */
export interface LaneTime {
  readonly watermark: number;
  readonly idle: boolean;
}

/** Longest that the time between two records may count as silence: more is an outage of ours. */
const MAX_GAP_MS = 2000;
/** A record as far as this before the one heard last shows that a clock had been ahead. */
const MISTAKE_MS = 60_000;

interface Part {
  readonly number: number;
  readonly source: string;
  readonly ordered: boolean;
  /** It counts as ended until it opens again. */
  gone: boolean;
  state: 'active' | 'idle' | 'ended';
  time: number;
  /** The highest event time of a live event. */
  last: number;
  silence: number;
  heard: number | null;
}

/** docs/semantics.md, "Time of a lane": the time after each record. */
export function timeAll(
  plan: OraclePlan,
  records: readonly LaneRecord[],
  accepted: readonly Acceptance[],
): LaneTime[] {
  const parts = new Map<number, Part>();
  const announced = new Map<string, number>();
  const counted = new Map<string, Set<number>>();
  const cap = closingMs(plan);
  let watermark = Number.NEGATIVE_INFINITY;
  let idle = false;

  return records.map((record, i) => {
    const acceptance = accepted[i]!;
    if (acceptance !== 'repeat' && acceptance !== 'position_duplicate' && record.attempt === 0) {
      moveTime(plan, parts, record, acceptance, cap);
      if (record.kind === 'opened') {
        announced.set(record.source, record.parts);
        countOpened(plan, parts, counted, record);
      }
      watermark = Math.max(watermark, watermarkOf(plan, parts));
      if (allEnded(plan, parts, announced)) {
        watermark = Math.max(watermark, highest([...parts.values()]) + cap);
      }
      idle = ![...parts.values()].some(isActive);
    }
    return { watermark, idle };
  });
}

/** Rule 2: when all that a source says it has have opened, its other parts are gone. */
function countOpened(
  plan: OraclePlan,
  parts: ReadonlyMap<number, Part>,
  counted: Map<string, Set<number>>,
  { source, part: number, parts: says }: LaneRecord,
): void {
  parts.get(number)!.gone = !inDocument(plan, source);
  const opened = counted.get(source);
  if (opened === undefined || opened.has(number)) counted.set(source, new Set([number]));
  else opened.add(number);
  const all = counted.get(source)!;
  if (all.size < says) return;
  counted.delete(source);
  for (const part of parts.values()) if (part.source === source && !all.has(part.number)) part.gone = true;
}

function inDocument(plan: OraclePlan, source: string): boolean {
  return plan.sources.some(({ name }) => name === source);
}

function isActive(part: Part): boolean {
  return part.state === 'active' && !part.gone;
}

/** What has to pass for the last event's windows to close. */
function closingMs(plan: OraclePlan): number {
  const longest = Math.max(0, ...plan.windows.map((window) => window.sizeMs));
  const lateness = Math.max(0, ...plan.windows.map((window) => window.latenessMs));
  return plan.outOfOrderMs + longest + lateness;
}

function moveTime(
  plan: OraclePlan,
  parts: Map<number, Part>,
  record: LaneRecord,
  acceptance: Acceptance,
  cap: number,
): void {
  let part = parts.get(record.part);
  if (part === undefined) {
    part = openPart(plan, record);
    parts.set(record.part, part);
  }
  if (part.heard !== null) part.silence += Math.min(Math.max(record.ingestTime - part.heard, 0), MAX_GAP_MS);
  const heard = part.heard ?? record.ingestTime;
  part.heard =
    heard - record.ingestTime >= MISTAKE_MS ? record.ingestTime : Math.max(heard, record.ingestTime);

  if (acceptance === 'live') {
    part.silence = 0;
    part.time = Math.max(part.time, record.eventTime);
    part.last = Math.max(part.last, record.eventTime);
    if (part.state !== 'ended') part.state = 'active';
  } else if (record.kind === 'tick' && part.ordered) {
    part.time = Math.max(part.time, record.eventTime);
    if (record.ended) part.state = 'ended';
  } else if (record.kind === 'tick' && part.last > Number.NEGATIVE_INFINITY && part.silence >= plan.idleMs) {
    part.state = 'idle';
    part.time = Math.max(part.time, part.last + Math.min(part.silence, cap));
  }
}

function openPart(plan: OraclePlan, record: LaneRecord): Part {
  const ordered = record.kind === 'opened' ? record.ordered : record.position !== null;
  return {
    number: record.part,
    source: record.source,
    ordered,
    gone: !inDocument(plan, record.source),
    state: ordered ? 'active' : 'idle',
    time: Number.NEGATIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
    silence: 0,
    heard: null,
  };
}

function watermarkOf(plan: OraclePlan, parts: ReadonlyMap<number, Part>): number {
  const all = [...parts.values()];
  const active = all.filter(isActive);
  const time = active.length > 0 ? Math.min(...active.map((part) => part.time)) : highest(all);
  return time - plan.outOfOrderMs;
}

function highest(parts: readonly Part[]): number {
  return Math.max(...parts.map((part) => part.time));
}

function allEnded(
  plan: OraclePlan,
  parts: ReadonlyMap<number, Part>,
  announced: ReadonlyMap<string, number>,
): boolean {
  if (!plan.sources.every((source) => source.finite)) return false;
  const all = [...parts.values()].filter((part) => !part.gone);
  return (
    all.every((part) => part.state === 'ended') &&
    plan.sources.every(
      ({ name }) =>
        announced.has(name) && all.filter((part) => part.source === name).length >= announced.get(name)!,
    )
  );
}
