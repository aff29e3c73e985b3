import type { Fields } from '../oracle/plan.ts';
import type { LaneRecord } from '../oracle/record.ts';
import type { Settings } from '../workload/settings.ts';
import { type RawRecord, type Verdict, verdicts } from '../workload/verdict.ts';
import { differences } from './differences.ts';

/**
 * Between raw and enriched nothing is lost, doubled or moved, and every verdict is the right one. Where a look-up may
 * have had several answers, the copy that came first in the log decides; it must be one of them.
 * @param answers every row that the table may have had for a key.
 */
export function verifyChain(
  settings: Settings,
  lane: number,
  raw: readonly RawRecord[],
  reached: readonly LaneRecord[],
  answers: (key: string | null) => readonly (Fields | null)[],
): string[] {
  const bySeq = new Map(reached.map((record) => [record.seq, record]));
  const expected = raw.flatMap((record) => {
    const found = bySeq.get(record.seq);
    const possible = verdicts(settings, record, answers)
      .filter(({ kind }) => kind !== 'dropped')
      .map((verdict) => ({ seq: record.seq, id: record.id, ...verdict }));
    return possible.find((one) => found !== undefined && same(one, plain(found))) ?? possible[0] ?? [];
  });
  return differences(`enriched lane ${lane} against raw`, expected, reached.map(plain));
}

/** What aggregate has before it in a fused run, where no log says it: raw after validate and a steady table. */
export function fusedLane(
  settings: Settings,
  raw: readonly RawRecord[],
  rowOf: (key: string | null) => Fields | null,
): LaneRecord[] {
  return raw.flatMap(({ payload: _, partName: __, ...record }, i): LaneRecord[] => {
    const [verdict] = verdicts(settings, raw[i]!, (key) => [rowOf(key)]) as [Verdict];
    return verdict.kind === 'dropped' ? [] : [{ ...record, ...verdict }];
  });
}

function plain({ seq, id, kind, stage, code, event, eventTime }: LaneRecord) {
  if (kind === 'rejected') return { seq, id, kind, stage, code };
  return kind === 'event' ? { seq, id, kind, event, eventTime } : { seq, id, kind };
}

function same(left: unknown, right: unknown): boolean {
  return differences('', [left], [right]).length === 0;
}
