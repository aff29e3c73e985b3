import { createJudges, type OracleAlert } from './detectors.ts';
import type { OraclePartial } from './lane.ts';
import type { Fields, OraclePlan } from './plan.ts';
import {
  byClosingOrder,
  forgetWindows,
  keyOf,
  type OpenWindow,
  type OracleResult,
  openWindow,
} from './windows.ts';

/** What one lane of the merge makes of its partials, in order. */
export interface MergeTruth {
  readonly results: readonly OracleResult[];
  readonly alerts: readonly OracleAlert[];
  readonly lateMerges: readonly OracleLateMerge[];
}

export interface OracleLateMerge {
  readonly seq: number;
  readonly window: string;
  readonly group: string;
  readonly start: number;
  readonly lane: number;
}

/** A record of a lane of partials: `seq` is its place there, `from` the lane that wrote it. */
export interface MergeRecord {
  readonly seq: number;
  readonly from: number;
  readonly partial: OraclePartial;
}

/** docs/semantics.md, "Two phases", 3 to 6, for one lane of partials. */
export function mergeTruth(plan: OraclePlan, records: readonly MergeRecord[]): MergeTruth {
  const results: OracleResult[] = [];
  const alerts: OracleAlert[] = [];
  const lateMerges: OracleLateMerge[] = [];
  const judges = createJudges(plan.detectors);
  const lanes = Array.from({ length: plan.lanes }, () => ({
    watermark: Number.NEGATIVE_INFINITY,
    idle: false,
  }));
  const open = new Map<string, OpenWindow>();
  /** Per window and group: what each lane says that it has folded. */
  const said = new Map<string, (readonly Fields[])[]>();
  let merged = Number.NEGATIVE_INFINITY;

  function emit(seq: number, entry: OpenWindow): void {
    const { window, group, start, end, closed: final } = entry;
    const events = said.get(keyOf(window.name, group, start))!.flat();
    const result = {
      seq,
      name: window.name,
      group,
      start,
      end,
      revision: ++entry.revision,
      final,
      values: window.compute(events),
    };
    results.push(result);
    if (final) alerts.push(...judges.result(result));
  }

  function replace(
    seq: number,
    from: number,
    { window, group, start, events }: OraclePartial & { kind: 'partial' },
  ) {
    const key = keyOf(window.name, group, start);
    if (!open.has(key) && start + window.sizeMs + window.latenessMs + plan.keepMs <= merged) {
      lateMerges.push({ seq, window: window.name, group, start, lane: from });
      return;
    }
    const entry = openWindow(open, window, group, start);
    const lanesSaid = said.get(key) ?? Array.from({ length: plan.lanes }, () => []);
    lanesSaid[from] = events;
    said.set(key, lanesSaid);
    if (window.emit === 'updates' || entry.closed) emit(seq, entry);
  }

  for (const { seq, from, partial } of records) {
    if (partial.kind === 'partial') replace(seq, from, partial);
    else {
      lanes[from] = { watermark: partial.watermark, idle: partial.idle };
      const busy = lanes.filter((lane) => !lane.idle).map((lane) => lane.watermark);
      const now = busy.length > 0 ? Math.min(...busy) : Math.max(...lanes.map((lane) => lane.watermark));
      merged = Math.max(merged, now);
    }
    const closing = [...open.values()].filter((entry) => !entry.closed && entry.end <= merged);
    for (const entry of closing.sort(byClosingOrder)) {
      entry.closed = true;
      emit(seq, entry);
    }
    forgetWindows(plan, open, merged);
  }
  return { results, alerts, lateMerges };
}
