import type { EventRow, ResultRow } from '@millrace/lanes/ports/results';
import type { LaneTruth } from '../oracle/lane.ts';
import type { LaneRecord } from '../oracle/record.ts';
import { LARGE } from '../workload/document.ts';
import { rowDifferences } from './rows.ts';

/** The route `large` stores each live event that is large, with all that enrich has added. */
export function verifyEventRows(
  lanes: readonly (readonly LaneRecord[])[],
  truths: readonly LaneTruth[],
  rows: readonly ResultRow[],
): string[] {
  const expected = lanes.flatMap((records, lane) => {
    const { accepted } = truths[lane]!;
    return records
      .filter((record, i) => accepted[i] === 'live' && !record.late && Number(record.event!.amount) >= LARGE)
      .map(({ id, key, eventTime, event }) => ({ id, route: 'large', key, time: eventTime, event }));
  });
  const stored = rows.filter((row): row is EventRow => row.table === 'events');
  return rowDifferences(
    'event rows',
    expected,
    stored.map(({ id, route, key, time, event }) => ({ id, route, key, time, event })),
  );
}
