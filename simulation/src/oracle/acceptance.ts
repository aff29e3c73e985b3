import type { OraclePlan } from './plan.ts';
import type { LaneRecord } from './record.ts';

/**
 * docs/semantics.md, "Acceptance in aggregate". `control`: a tick or `opened`, which is no event; `passed`: a replay
 * for a stage behind aggregate.
 */
export type Acceptance =
  | 'repeat'
  | 'position_duplicate'
  | 'id_duplicate'
  | 'id_conflict'
  | 'rejected'
  | 'live'
  | 'passed'
  | 'control';

export function acceptAll(plan: OraclePlan, records: readonly LaneRecord[]): Acceptance[] {
  let last = -1;
  let time = Number.NEGATIVE_INFINITY;
  const positions = new Map<number, number>();
  const ids = new Map<string, { digest: number; time: number }>();
  const http = new Set(plan.sources.filter((source) => source.kind === 'http').map((source) => source.name));

  return records.map((record) => {
    if (record.seq <= last) return 'repeat';
    last = record.seq;
    time = Math.max(time, record.ingestTime);
    if (record.kind === 'tick' || record.kind === 'opened') return 'control';

    if (record.position !== null) {
      if (record.position <= (positions.get(record.part) ?? -1)) return 'position_duplicate';
      positions.set(record.part, record.position);
    }
    if (plan.checksIds || http.has(record.source) || record.attempt > 0) {
      const key = JSON.stringify([record.id, record.attempt]);
      const seen = ids.get(key);
      if (seen !== undefined && time - seen.time <= plan.dedupeMs) {
        return seen.digest === record.digest ? 'id_duplicate' : 'id_conflict';
      }
      ids.set(key, { digest: record.digest, time });
    }
    if (record.kind === 'rejected') return 'rejected';
    if (record.kind === 'replay' && record.stage !== 'aggregate') return 'passed';
    return record.event === null || plan.failsOn(record.event) ? 'rejected' : 'live';
  });
}
