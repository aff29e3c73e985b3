import { AppendError, type EventLog, type LogRecord } from '@millrace/lanes/ports/log';

/** A log that fails on demand, which a real one does not. Holds what was appended, by lane. */
export interface MemoryLog {
  readonly log: EventLog;
  lane(lane: number): readonly LogRecord[];
  /**
   * Called before each append: `ok` appends; `lost` rejects without appending; `written` appends and rejects all
   * the same; `never` does not settle, as for a process that dies. A promise is waited for.
   */
  fate: (lane: number, records: readonly LogRecord[]) => Fate | Promise<Fate>;
}

export type Fate = 'ok' | 'lost' | 'written' | 'never';

export function createMemoryLog(): MemoryLog {
  const lanes = new Map<number, LogRecord[]>();
  const laneOf = (lane: number): LogRecord[] => {
    const records = lanes.get(lane) ?? [];
    lanes.set(lane, records);
    return records;
  };
  const absent = () => {
    throw new Error('ingest only appends');
  };
  const memory: MemoryLog = {
    lane: laneOf,
    fate: () => 'ok',
    log: {
      async append(_topic, lane, records) {
        const fate = await memory.fate(lane, records);
        if (fate === 'never') return new Promise(() => {});
        if (fate === 'lost') throw new AppendError('lost');
        const base = laneOf(lane).length;
        laneOf(lane).push(...records);
        if (fate === 'written') throw new AppendError('written, but not acknowledged');
        return base;
      },
      consume: absent,
      committed: absent,
      commit: absent,
      bounds: absent,
      read: absent,
    },
  };
  return memory;
}
