import type { AlertRow, DeadLetterRow, ResultRow, WindowRow } from '@millrace/lanes/ports/results';
import type { OracleAlert } from '../oracle/detectors.ts';
import type { LaneTruth, OracleDeadLetter } from '../oracle/lane.ts';
import type { MergeTruth } from '../oracle/merge.ts';
import { keyOf, type OracleResult } from '../oracle/windows.ts';
import { differences, setDifferences } from './differences.ts';
import type { Observed } from './observed.ts';

/** What people can query at the end: the last result of each window, each alert, each dead letter, once. */
export function verifyRows(
  { rows }: Observed,
  lanes: readonly LaneTruth[],
  merges: readonly MergeTruth[],
): string[] {
  const truths = [...lanes, ...merges];
  const windows = new Map<string, OracleResult>();
  for (const result of truths.flatMap(({ results }) => results)) {
    windows.set(keyOf(result.name, result.group, result.start), result);
  }
  const lateMerges = merges.flatMap((merge) => merge.lateMerges.map(nameOf));
  const [late, letters] = partition(of(rows, 'deadletters'), ({ code }) => code === 'late_merge');
  return [
    ...setDifferences(
      'window rows',
      [...windows.values()].map(plainWindow),
      of(rows, 'windows').map(plainWindow),
    ),
    ...rowDifferences(
      'alert rows',
      truths.flatMap(({ alerts }) => alerts.map(plainAlert)),
      of(rows, 'alerts').map(plainAlert),
    ),
    ...rowDifferences(
      'dead letters',
      lanes.flatMap(({ deadLetters }) => deadLetters),
      letters.map(plainLetter),
    ),
    ...setDifferences(
      'late merges',
      [...new Set(lateMerges)],
      late.map(({ payload }) => nameOf(JSON.parse(new TextDecoder().decode(payload)))),
    ),
  ];
}

/**
 * Rows by their id. An id may stand for several events, when it came again after `dedupe` or with another key, which
 * led it into another lane: then the row is that of one of them.
 */
export function rowDifferences<T extends { readonly id: string }>(
  what: string,
  expected: readonly T[],
  actual: readonly T[],
): string[] {
  const candidates = Map.groupBy(expected, ({ id }) => id);
  const found = new Map(actual.map((row) => [row.id, row]));
  const chosen = [...candidates].map(([id, rows]) => {
    const row = found.get(id);
    return (
      rows.find((candidate) => row !== undefined && differences('', [candidate], [row]).length === 0) ??
      rows[0]!
    );
  });
  return setDifferences(what, chosen, actual);
}

function plainWindow({ name, group, start, end, revision, final, values }: WindowRow | OracleResult) {
  return { name, group, start, end, revision, final, values };
}

function plainAlert({
  id,
  name,
  group,
  severity,
  time,
  value,
  score,
  eventId,
  window,
}: AlertRow | OracleAlert) {
  return { id, name, group, severity, time, value, score, eventId, window };
}

function plainLetter({ id, eventId, stage, code, attempt }: DeadLetterRow): OracleDeadLetter {
  return { id, eventId, stage, code, attempt };
}

function nameOf({
  window,
  group,
  start,
  lane,
}: {
  window: string;
  group: string;
  start: number;
  lane: number;
}): string {
  return `${window} ${group} ${start} from lane ${lane}`;
}

function partition<T>(items: readonly T[], belongs: (item: T) => boolean): [T[], T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}

function of<T extends ResultRow['table']>(
  rows: readonly ResultRow[],
  table: T,
): Extract<ResultRow, { table: T }>[] {
  return rows.filter((row): row is Extract<ResultRow, { table: T }> => row.table === table);
}
