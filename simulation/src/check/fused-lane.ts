import type { Fields } from '../oracle/plan.ts';
import type { LaneRecord } from '../oracle/record.ts';
import type { Settings } from '../workload/settings.ts';
import { enriched, validated } from '../workload/verdict.ts';
import type { RawRecord } from './chain.ts';

/** What aggregate has before it in a fused run, where no log says it: raw after validate and a steady table. */
export function fusedLane(
  settings: Settings,
  raw: readonly RawRecord[],
  rowOf: (key: string | null) => Fields | null,
): LaneRecord[] {
  return raw.flatMap(({ payload, partName: _, ...record }): LaneRecord[] => {
    if (record.kind !== 'event') return [record];
    let verdict = validated(settings, { ...record, payload: payload! });
    if (verdict.kind === 'passed') {
      verdict = enriched(settings, verdict.event, verdict.flags, rowOf(verdict.event.zone as string | null));
    }
    if (verdict.kind === 'dropped') return [];
    if (verdict.kind === 'passed') return [{ ...record, event: verdict.event }];
    return [{ ...record, kind: 'rejected', stage: verdict.stage, code: verdict.code }];
  });
}
