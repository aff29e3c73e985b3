import type { ProjectCounts } from './counts.ts';

const none = { passed: 0, failed: 0, skipped: 0, seconds: 0 };

/**
 * The table that ends a test run, and its last line: `N passed, N failed[, N skipped]`.
 * A project without counts failed before it could report; a run that failed in any other way counts as one failure.
 */
export function render(
  projects: ProjectCounts[],
  runFailed: boolean,
  remarks: readonly string[] = [],
): { text: string; failed: number } {
  const rows = projects.map(({ project, counts }) => (counts ? row(project, counts) : lost(project)));
  const total = { ...none };
  for (const { counts } of rows) {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  const notes = [...rows.flatMap(({ note }) => note ?? []), ...remarks];
  if (runFailed && total.failed === 0) {
    total.failed = 1;
    notes.push('The run failed, although no test did: see above.');
  }
  const shown = rows.filter(({ counts }) => counts.passed + counts.failed + counts.skipped > 0);
  const untested = rows.length - shown.length;
  if (untested > 0)
    notes.push(`${untested} ${untested === 1 ? 'project has' : 'projects have'} no tests yet.`);
  const lines = ['', header, ...shown.map(({ line }) => line), ...notes, '', totals(total), ''];
  return { text: lines.join('\n'), failed: total.failed };
}

export function totals({
  passed,
  failed,
  skipped,
}: {
  passed: number;
  failed: number;
  skipped: number;
}): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const header = columns('project', 'passed', 'failed', 'skipped', 'seconds');

function row(project: string, counts: typeof none): { line: string; counts: typeof none; note?: string } {
  const { passed, failed, skipped, seconds } = counts;
  return { line: columns(project, `${passed}`, `${failed}`, `${skipped}`, seconds.toFixed(1)), counts };
}

function lost(project: string): ReturnType<typeof row> {
  return {
    line: columns(project, '-', '1', '-', '-'),
    counts: { ...none, failed: 1 },
    note: `${project} ended before it could report: see above.`,
  };
}

function columns(project: string, ...cells: string[]): string {
  return project.padEnd(28) + cells.map((cell) => cell.padStart(9)).join('');
}
