import { readSchemaId } from '@millrace/lanes/lane-fields';
import type { EventLog, LogRecord } from '@millrace/lanes/ports/log';
import type { SchemaIds } from '@millrace/lanes/record-schemas';
import type { Plan } from '@millrace/pipeline/plan';

/** The log, and where the last events are that this process appended to raw: ticks after them wait for nobody. */
export interface NotedLog {
  readonly log: EventLog;
  /** By lane: the offset after its last event; 0: none. */
  eventEnds(): readonly number[];
}

/** @param onEvents told of the events of an append to raw once it is acknowledged. */
export function noteEvents(
  { pipeline, lanes }: Plan,
  log: EventLog,
  ids: SchemaIds,
  onEvents: (events: readonly LogRecord[]) => void = () => {},
): NotedLog {
  const raw = `${pipeline}.raw`;
  const times = new Set(['Tick', 'Opened'].map((record) => ids.get(`millrace.${pipeline}.${record}`)));
  const ends = new Array<number>(lanes).fill(0);
  const isEvent = ({ value }: LogRecord): boolean => !times.has(readSchemaId(value) ?? undefined);
  return {
    eventEnds: () => ends,
    log: {
      ...log,
      async append(topic, lane, records) {
        const base = await log.append(topic, lane, records);
        if (topic !== raw) return base;
        const last = records.findLastIndex(isEvent);
        if (last < 0) return base;
        ends[lane] = Math.max(ends[lane]!, base + last + 1);
        onEvents(records.filter(isEvent));
        return base;
      },
    },
  };
}
