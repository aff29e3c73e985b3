import type { Alert, WindowResult } from '@millrace/lanes/made';
import type { OracleAlert } from '../oracle/detectors.ts';
import { type LaneTruth, laneTruth } from '../oracle/lane.ts';
import { type MergeRecord, type MergeTruth, mergeTruth } from '../oracle/merge.ts';
import type { Fields, OraclePlan } from '../oracle/plan.ts';
import { keyOf, type OracleResult } from '../oracle/windows.ts';
import { differences } from './differences.ts';
import { resolveNewest } from './newest-partials.ts';
import type { Caused, Observed, ObservedPartial, Streams } from './observed.ts';
import { verifyRows } from './rows.ts';
import { told, toldByOracle } from './told.ts';

/** What the oracle makes of a run's records. */
export interface Truths {
  readonly lanes: readonly LaneTruth[];
  readonly merges: readonly MergeTruth[];
}

/** What aggregate and merge had to make of what they had before them; or where lanes told the merge something else. */
export function truthsOf(plan: OraclePlan, { records, partials, made }: Observed): Truths | string[] {
  const lanes = records.map((lane) => laneTruth(plan, lane));
  if (made === null) {
    const { faults, merges } = resolveNewest(lanes, partials);
    return faults.length > 0 ? faults : { lanes, merges: merges.map((each) => mergeTruth(plan, each)) };
  }
  const faults = verifyPartials(lanes, partials);
  if (faults.length > 0) return faults;
  return { lanes, merges: partials.map((each, q) => mergeTruth(plan, withEvents(lanes, each, q))) };
}

/** Everything that aggregate, merge and route must have made of a finished run's records. Empty: all is well. */
export function verify(plan: OraclePlan, observed: Observed, { lanes, merges }: Truths): string[] {
  return [
    ...(observed.made === null ? [] : verifyMade(lanes, merges, observed.made)),
    ...verifyTotals(plan, lanes, merges),
    ...verifyRows(observed, lanes, merges),
    ...verifyCounts(lanes, observed),
  ];
}

/** What each lane told each lane of the merge. */
function verifyPartials(
  lanes: readonly LaneTruth[],
  observed: readonly (readonly ObservedPartial[])[],
): string[] {
  return lanes.flatMap(({ partials }, from) =>
    observed.flatMap((records, to) =>
      differences(
        `partials of lane ${from} to ${to}`,
        partials.filter((partial) => partial.to === to).map((partial) => toldByOracle(partial)),
        records.filter((record) => record.from === from).map(({ record }) => told(record)),
      ),
    ),
  );
}

/** The merge's input in its real order, with the events that the oracle knows behind each partial. */
function withEvents(
  lanes: readonly LaneTruth[],
  observed: readonly ObservedPartial[],
  to: number,
): MergeRecord[] {
  const known = lanes.map(({ partials }) => partials.filter((partial) => partial.to === to));
  const next = lanes.map(() => 0);
  return observed.map(({ seq, from }) => ({ seq, from, partial: known[from]![next[from]!++]! }));
}

function verifyMade(
  lanes: readonly LaneTruth[],
  merges: readonly MergeTruth[],
  made: { readonly local: Streams; readonly merged: Streams },
): string[] {
  const compare = (who: string, truths: readonly (LaneTruth | MergeTruth)[], { windows, alerts }: Streams) =>
    truths.flatMap((truth, lane) => [
      ...differences(`${who} windows of lane ${lane}`, truth.results, windows[lane]!.map(plainResult)),
      ...differences(`${who} alerts of lane ${lane}`, truth.alerts, alerts[lane]!.map(plainAlert)),
    ]);
  return [...compare('local', lanes, made.local), ...compare('merged', merges, made.merged)];
}

function plainResult(result: Caused<WindowResult>): OracleResult {
  const { seq, name, group, start, end, revision, final, values } = result;
  return { seq, name, group, start, end, revision, final, values };
}

function plainAlert(alert: Caused<Alert>): OracleAlert {
  const { seq, id, name, group, severity, time, value, score, eventId, window } = alert;
  return { seq, id, name, group, severity, time, value, score, eventId, window };
}

/**
 * The last word on each merged window, from the events alone: whatever lanes raced, its final values are those of
 * all events that some lane folded into it. Windows with a late merge are left out: part of them is a dead letter;
 * so are those whose end not every lane has passed.
 */
function verifyTotals(
  plan: OraclePlan,
  lanes: readonly LaneTruth[],
  merges: readonly MergeTruth[],
): string[] {
  const late = new Set(
    merges
      .flatMap(({ lateMerges }) => lateMerges)
      .map(({ window, group, start }) => keyOf(window, group, start)),
  );
  const folded = new Map<string, (readonly Fields[])[]>();
  for (const [lane, { partials }] of lanes.entries()) {
    for (const partial of partials) {
      if (partial.kind !== 'partial') continue;
      const key = keyOf(partial.window.name, partial.group, partial.start);
      const byLane = folded.get(key) ?? lanes.map(() => []);
      byLane[lane] = partial.events;
      folded.set(key, byLane);
    }
  }
  const last = new Map<string, OracleResult>();
  for (const { results } of merges)
    for (const result of results) last.set(keyOf(result.name, result.group, result.start), result);
  const total = (key: string, events: readonly Fields[]) => {
    const [name] = JSON.parse(key) as [string];
    return { key, final: true, values: plan.windows.find((window) => window.name === name)!.compute(events) };
  };
  const passed = Math.min(...lanes.map(({ times }) => times.at(-1)?.watermark ?? Number.NEGATIVE_INFINITY));
  const counted = [...folded].filter(([key]) => !late.has(key) && endOf(plan, key) <= passed);
  return differences(
    'totals of merged windows',
    counted.map(([key, byLane]) => total(key, byLane.flat())),
    counted.map(([key]) => ({ key, final: last.get(key)?.final, values: last.get(key)?.values })),
  );
}

function endOf(plan: OraclePlan, key: string): number {
  const [name, , start] = JSON.parse(key) as [string, string, number];
  return start + plan.windows.find((window) => window.name === name)!.sizeMs;
}

function verifyCounts(lanes: readonly LaneTruth[], { counts, records }: Observed): string[] {
  return lanes.flatMap(({ outcomes }, lane) => {
    const tally = { duplicate: 0, rejected: 0, late: 0, processed: 0 };
    for (const { outcome } of outcomes) tally[outcome]++;
    const { duplicate, rejected, late, processed } = counts[lane]!;
    return differences(
      `counts of lane ${lane} (${records[lane]!.length} records)`,
      [tally],
      [{ duplicate, rejected, late, processed }],
    );
  });
}
