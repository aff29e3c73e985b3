import type { Fields } from '../oracle/plan.ts';
import type { LaneRecord } from '../oracle/record.ts';
import type { Settings } from '../workload/settings.ts';
import { enriched, type Verdict, validated } from '../workload/verdict.ts';
import { differences } from './differences.ts';

/** A record of raw, with the bytes that came in. */
export interface RawRecord extends LaneRecord {
  readonly payload: Uint8Array | null;
  /** Of `opened`. */
  readonly partName: string;
}

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
  const expected = raw.flatMap((flow) => {
    const found = bySeq.get(flow.seq);
    const possible = outcomes(settings, flow, answers).map((outcome) => ({
      seq: flow.seq,
      id: flow.id,
      ...outcome,
    }));
    const kept = possible.filter(({ kind }) => kind !== 'dropped');
    return kept.find((outcome) => found !== undefined && same(outcome, plain(found))) ?? kept[0] ?? [];
  });
  return differences(`enriched lane ${lane} against raw`, expected.map(text), reached.map(plain).map(text));
}

/** How many events of raw validate must drop. */
export function droppedOf(settings: Settings, raw: readonly RawRecord[]): number {
  return raw.filter((flow) => flow.kind === 'event' && judge(settings, flow).kind === 'dropped').length;
}

function outcomes(
  settings: Settings,
  flow: RawRecord,
  answers: (key: string | null) => readonly (Fields | null)[],
): Verdict[] {
  if (flow.kind !== 'event') {
    const { kind, stage, code } = flow;
    return [kind === 'rejected' ? { kind, stage, code } : ({ kind } as unknown as Verdict)];
  }
  const verdict = judge(settings, flow);
  if (verdict.kind !== 'passed') return [verdict];
  return answers(verdict.event.zone as string | null).map((row) =>
    enriched(settings, verdict.event, verdict.flags, row),
  );
}

function judge(settings: Settings, { payload, eventTime, ingestTime }: RawRecord): Verdict {
  return validated(settings, { payload: payload!, eventTime, ingestTime });
}

function plain({ seq, id, kind, stage, code, event }: LaneRecord) {
  if (kind === 'rejected') return { seq, id, kind, stage, code };
  if (kind === 'event') return { seq, id, kind: 'passed', event };
  return { seq, id, kind };
}

function text(outcome: { readonly kind: string }): unknown {
  const { flags: _, ...rest } = outcome as { readonly kind: string; readonly flags?: unknown };
  return rest;
}

function same(left: { readonly kind: string }, right: { readonly kind: string }): boolean {
  return differences('', [text(left)], [text(right)]).length === 0;
}
