import type { Outcome } from './try-row.ts';

const RECOVERY_WITHIN_MS = 30_000;

/** Why it failed; none: it passed. */
export function faultsOf(outcome: Outcome): string[] {
  const { lost, doubled, windowsWrong, inFlight, recoveryMs, trouble } = outcome;
  return [
    ...(lost.length > 0 ? [`${lost.length} lost`] : []),
    ...(doubled.length > 0 ? [`${doubled.length} doubled`] : []),
    ...(windowsWrong.length > 0 ? [`${windowsWrong.length} windows wrong`] : []),
    ...(inFlight > 0 ? [] : ['nothing was in flight']),
    ...(recoveryMs <= RECOVERY_WITHIN_MS ? [] : [`recovery took more than ${RECOVERY_WITHIN_MS / 1000} s`]),
    ...(trouble === null ? [] : [trouble]),
  ];
}

const COLUMNS = ['fault', 'times', 'events', 'in flight', 'lost', 'doubled', 'windows wrong', 'recovery', ''];

/** A line for each row, however often it ran. */
export function table(outcomes: readonly Outcome[]): string {
  const lines = [...Map.groupBy(outcomes, ({ row }) => row)].map(([row, all]) => {
    const sum = (pick: (outcome: Outcome) => number) => String(all.reduce((n, one) => n + pick(one), 0));
    const isWell = all.every((one) => faultsOf(one).length === 0);
    return [
      row,
      String(all.length),
      sum(({ events }) => events),
      String(Math.min(...all.map(({ inFlight }) => inFlight))),
      sum(({ lost }) => lost.length),
      sum(({ doubled }) => doubled.length),
      sum(({ windowsWrong }) => windowsWrong.length),
      `${(Math.max(...all.map(({ recoveryMs }) => recoveryMs)) / 1000).toFixed(1)} s`,
      isWell ? '' : 'FAILED',
    ];
  });
  const cells = [COLUMNS, ...lines];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function summary(passed: number, failed: number): string {
  return `${passed} passed, ${failed} failed`;
}
