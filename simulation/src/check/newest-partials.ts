import type { LaneTruth, OraclePartial } from '../oracle/lane.ts';
import type { MergeRecord } from '../oracle/merge.ts';
import { keyOf } from '../oracle/windows.ts';
import type { ObservedPartial } from './observed.ts';
import { told, toldByOracle } from './told.ts';

/**
 * What a fused run's lanes told the merges, by what the oracle knows behind it. Marks, what closes and corrections are
 * told at once, each in its place; of an open window the newest is enough, but none is told twice, and the last word on
 * every window reaches the merge.
 */
export function resolveNewest(
  lanes: readonly LaneTruth[],
  observed: readonly (readonly ObservedPartial[])[],
): { readonly faults: string[]; readonly merges: readonly (readonly MergeRecord[])[] } {
  const faults: string[] = [];
  const merges = observed.map((records, to) => {
    const listeners = lanes.map(({ partials }, from) =>
      listenerTo(
        `partials of lane ${from} to ${to}`,
        partials.filter((partial) => partial.to === to),
        faults,
      ),
    );
    const merged = records.flatMap((record) => {
      const partial = listeners[record.from]!.hear(record);
      return partial === null ? [] : [{ seq: record.seq, from: record.from, partial }];
    });
    for (const listener of listeners) listener.end();
    return merged;
  });
  return { faults, merges };
}

function listenerTo(who: string, partials: readonly OraclePartial[], faults: string[]) {
  const atOnce = partials.filter((partial) => partial.kind === 'mark' || !partial.live);
  const known = new Set<OraclePartial>();
  let next = 0;

  /** The newest that the lane could tell of this window. */
  function newest(record: ObservedPartial, key: string): OraclePartial | undefined {
    return partials.findLast((partial) => partial.seq <= record.after! && windowOf(partial) === key);
  }

  return {
    hear(record: ObservedPartial): OraclePartial | null {
      const said = JSON.stringify(told(record.record));
      const due = atOnce[next];
      if (due !== undefined && due.seq === record.after && JSON.stringify(toldByOracle(due)) === said) {
        next++;
        known.add(due);
        return due;
      }
      const key =
        record.record.kind === 'mark'
          ? null
          : keyOf(record.record.window, record.record.group, record.record.start);
      const partial = key === null ? undefined : newest(record, key);
      if (partial !== undefined && !known.has(partial)) {
        known.add(partial);
        return partial;
      }
      faults.push(
        `${who}: ${said} after ${record.after}, where ${partial === undefined ? 'nothing' : 'nothing new'} was to be told`,
      );
      return null;
    },
    end() {
      if (next < atOnce.length)
        faults.push(
          `${who}: ${atOnce.length - next} were not told, ${JSON.stringify(toldByOracle(atOnce[next]!))} first`,
        );
      const last = new Map(
        partials.flatMap((partial) => (partial.kind === 'mark' ? [] : [[windowOf(partial), partial]])),
      );
      for (const [key, partial] of last)
        if (!known.has(partial)) faults.push(`${who}: the last word on ${key} was not told`);
    },
  };
}

function windowOf(partial: OraclePartial): string | null {
  return partial.kind === 'mark' ? null : keyOf(partial.window.name, partial.group, partial.start);
}
