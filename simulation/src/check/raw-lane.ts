import type { OraclePlan } from '../oracle/plan.ts';
import type { RawRecord } from '../workload/verdict.ts';

/** What one lane of raw has shown of a part so far. */
interface Shown {
  position: number;
  ended: boolean;
  /** The highest position of a tick. */
  ticked: number;
  /** Positions and times of its events that are not far in the future. */
  readonly times: { readonly position: number; readonly time: number }[];
}

/** Whether an event is too far ahead for a tick is for each ingest's own clock to say. */
const CLOCKS_DIFFER_MS = 12_000;

/**
 * docs/semantics.md, "Parts": how ingest writes a lane, whoever crashed and came again meanwhile. A part is opened
 * before its events; a tick comes after the events that it speaks of, in the order of their positions; `ended` is
 * said behind all of them, and is said.
 */
export function verifyRawLane(plan: OraclePlan, lane: number, records: readonly RawRecord[]): string[] {
  const parts = new Map<number, Shown>();
  const faults: string[] = [];
  const fault = (record: RawRecord, what: string) =>
    faults.push(
      `raw lane ${lane}, seq ${record.seq}: ${what} (part ${record.part}, position ${record.position})`,
    );

  for (const record of records) {
    if (record.kind === 'replay') continue;
    const part = parts.get(record.part);
    if (record.kind === 'opened') {
      if (part === undefined)
        parts.set(record.part, { position: -1, ended: !record.ordered, ticked: -1, times: [] });
    } else if (part === undefined) fault(record, 'a record of a part that was not opened');
    else if (record.kind === 'tick') verifyTick(record, part, nearOf(plan, record), fault);
    else if (record.position !== null && record.position > part.position) {
      if (part.ended) fault(record, 'an event behind the end of its part');
      if (record.position <= part.ticked) fault(record, 'an event behind a tick that speaks of it');
      part.position = record.position;
      if (record.kind === 'event' && record.eventTime <= nearOf(plan, record))
        part.times.push({ position: record.position, time: record.eventTime });
    }
  }
  for (const [number, part] of parts)
    if (!part.ended) faults.push(`raw lane ${lane}: part ${number} never ended`);
  return faults;
}

/** Up to here a time is near by any clock, if the record's is not far ahead. */
function nearOf(plan: OraclePlan, { ingestTime }: RawRecord): number {
  return ingestTime + plan.maxAheadMs - CLOCKS_DIFFER_MS;
}

/** An event that a clock far ahead let in is too far ahead for the ingest that comes after it. */
function verifyTick(
  record: RawRecord,
  part: Shown,
  near: number,
  fault: (record: RawRecord, what: string) => void,
): void {
  const { position, eventTime, ended } = record;
  if (position === null) return;
  part.ticked = Math.max(part.ticked, position);
  if (
    part.times.some((event) => event.position <= position && event.time > eventTime && event.time <= near)
  ) {
    fault(record, 'a tick with a time before that of an event that it speaks of');
  }
  if (ended) part.ended = true;
}
