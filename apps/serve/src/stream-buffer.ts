import type { ResultChange } from '@millrace/lanes/feed';
import type { AlertRow, DeadLetterRow, WindowRow } from '@millrace/lanes/ports/results';
import { alertJson, deadLetterJson, windowJson } from './rows.ts';

/** What a stream holds between two flushes, per kind: beyond it the reader is told that it missed some. */
export const MAX_HELD = { windows: 2_000, alerts: 200, deadLetters: 200, removed: 1_000 } as const;

export interface StreamEvent {
  /** `windows`, `alerts`, `deadletters`, `removed`: arrays of rows or ids. `missed`: names of kinds. */
  readonly event: string;
  readonly data: readonly unknown[];
}

/**
 * The changes of one pipeline since the last flush. Of a window's results for one (name, group, start) only the
 * latest is held, so that ten thousand updates of a window are one row. Bounded: what does not fit is left out and
 * its kind named in `missed`, and the reader asks for the rows instead.
 */
export function createStreamBuffer(pipeline: string, window: string | null) {
  const windows = new Map<string, WindowRow>();
  const alerts: AlertRow[] = [];
  const deadLetters = new Map<string, DeadLetterRow>();
  const removed = new Set<string>();
  const missed = new Set<string>();

  function addWindow(row: WindowRow): void {
    if (window !== null && row.name !== window) return;
    // Unambiguous: only the group, which comes last, may hold spaces.
    const key = `${row.start} ${row.name} ${row.group}`;
    const held = windows.get(key);
    if (held === undefined && windows.size >= MAX_HELD.windows) missed.add('windows');
    else if (held === undefined || !isOlder(row, held)) windows.set(key, row);
  }

  function addAlert(row: AlertRow): void {
    if (alerts.length >= MAX_HELD.alerts) missed.add('alerts');
    else alerts.push(row);
  }

  function addDeadLetter(row: DeadLetterRow): void {
    removed.delete(row.id);
    if (deadLetters.size >= MAX_HELD.deadLetters) missed.add('deadletters');
    else deadLetters.set(row.id, row);
  }

  function addRemoved(id: string): void {
    deadLetters.delete(id);
    if (removed.size >= MAX_HELD.removed) missed.add('deadletters');
    else removed.add(id);
  }

  return {
    add(change: ResultChange): void {
      for (const row of change.rows) {
        if (row.pipeline !== pipeline) continue;
        if (row.table === 'windows') addWindow(row);
        else if (row.table === 'alerts') addAlert(row);
        else if (row.table === 'deadletters') addDeadLetter(row);
      }
      for (const { pipeline: of, id } of change.removed) if (of === pipeline) addRemoved(id);
    },

    /** What has come since the last call; empty: nothing. */
    flush(): readonly StreamEvent[] {
      const events = [
        { event: 'windows', data: [...windows.values()].map(windowJson) },
        { event: 'alerts', data: alerts.map(alertJson) },
        { event: 'deadletters', data: [...deadLetters.values()].map(deadLetterJson) },
        { event: 'removed', data: [...removed] },
        { event: 'missed', data: [...missed] },
      ].filter(({ data }) => data.length > 0);
      windows.clear();
      alerts.length = 0;
      deadLetters.clear();
      removed.clear();
      missed.clear();
      return events;
    },
  };
}

function isOlder(row: WindowRow, than: WindowRow): boolean {
  const { position, revision } = row.version;
  return (
    position < than.version.position ||
    (position === than.version.position && revision < than.version.revision)
  );
}
