import type { ResultRow } from '@millrace/lanes/ports/results';
import type { LaneTruth } from '../oracle/lane.ts';
import type { MergeTruth } from '../oracle/merge.ts';
import { keyOf, type OracleResult } from '../oracle/windows.ts';
import { setDifferences } from './differences.ts';
import type { Observed } from './observed.ts';

/** What people can query at the end: the last result of each window, each alert, each dead letter, once. */
export function verifyRows(
  { rows }: Observed,
  lanes: readonly LaneTruth[],
  merges: readonly MergeTruth[],
): string[] {
  const truths = [...lanes, ...merges];
  const last = new Map<string, OracleResult>();
  for (const result of truths.flatMap(({ results }) => results)) {
    last.set(keyOf(result.name, result.group, result.start), result);
  }
  const alerts = new Map(truths.flatMap((truth) => truth.alerts).map((alert) => [alert.id, alert]));
  const letters = new Map(lanes.flatMap((lane) => lane.deadLetters).map((letter) => [letter.id, letter]));
  const lateMerges = new Set(
    merges
      .flatMap((merge) => merge.lateMerges)
      .map(({ window, group, start, lane }) => `${window} ${group} ${start} ${lane}`),
  );
  return [
    ...setDifferences(
      'window rows',
      [...last.values()].map(({ seq: _, ...result }) => result),
      of(rows, 'windows').map(({ name, group, start, end, revision, final, values }) => ({
        name,
        group,
        start,
        end,
        revision,
        final,
        values,
      })),
    ),
    ...setDifferences(
      'alert rows',
      [...alerts.values()].map(({ seq: _, ...alert }) => alert),
      of(rows, 'alerts').map(({ id, name, group, severity, time, value, score, eventId, window }) => ({
        id,
        name,
        group,
        severity,
        time,
        value,
        score,
        eventId,
        window,
      })),
    ),
    ...setDifferences(
      'dead letters',
      [...letters.values()],
      of(rows, 'deadletters')
        .filter(({ code }) => code !== 'late_merge')
        .map(({ id, eventId, stage, code, attempt }) => ({ id, eventId, stage, code, attempt })),
    ),
    ...setDifferences(
      'late merges',
      [...lateMerges],
      of(rows, 'deadletters')
        .filter(({ code }) => code === 'late_merge')
        .map(({ payload }) => {
          const { window, group, start, lane } = JSON.parse(new TextDecoder().decode(payload));
          return `${window} ${group} ${start} ${lane}`;
        }),
    ),
  ];
}

function of<T extends ResultRow['table']>(
  rows: readonly ResultRow[],
  table: T,
): Extract<ResultRow, { table: T }>[] {
  return rows.filter((row): row is Extract<ResultRow, { table: T }> => row.table === table);
}
