import { NO_TIME } from '@millrace/lanes/flow';
import type { OraclePartial } from '../oracle/lane.ts';
import type { ObservedPartial } from './observed.ts';

/** A partial or mark so that what the oracle says and what was observed can be compared. */
export function toldByOracle(partial: OraclePartial) {
  if (partial.kind === 'mark') return { kind: 'mark', watermark: partial.watermark, idle: partial.idle };
  return { kind: 'partial', window: partial.window.name, group: partial.group, start: partial.start };
}

export function told(record: ObservedPartial['record']) {
  if (record.kind === 'mark') {
    const watermark = record.watermark <= NO_TIME ? Number.NEGATIVE_INFINITY : record.watermark;
    return { kind: 'mark', watermark, idle: record.idle };
  }
  return { kind: 'partial', window: record.window, group: record.group, start: record.start };
}
