import type { Fields, OracleDetector } from './plan.ts';
import type { OracleResult } from './windows.ts';

export interface OracleAlert {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly severity: string;
  readonly time: number;
  readonly value: number | null;
  readonly score: number | null;
  readonly eventId: string | null;
  readonly window: {
    readonly name: string;
    readonly start: number;
    readonly end: number;
    readonly revision: number;
  } | null;
}

/** docs/semantics.md, "Detectors": keeps one state per (detector, group), in the order in which it is asked. */
export interface Judges {
  event(seq: number, id: string, key: string, time: number, event: Fields): OracleAlert[];
  result(result: OracleResult): OracleAlert[];
}

export function createJudges(detectors: readonly OracleDetector[]): Judges {
  const states = new Map<string, unknown>();
  const alerted = new Set<string>();

  /** Null: no alert. */
  function judge(detector: OracleDetector, group: string, time: number, subject: Fields) {
    if (detector.when !== undefined && !detector.when(subject)) return null;
    const value = detector.value?.(subject) ?? null;
    if (detector.method === undefined) return { value, score: null };
    if (value === null) return null;
    const key = JSON.stringify([detector.name, group]);
    if (!states.has(key)) states.set(key, detector.method.create());
    const { anomalous, score } = detector.method.judge(states.get(key), value, time);
    return anomalous ? { value, score } : null;
  }

  return {
    event: (seq, id, key, time, event) =>
      detectors.flatMap((detector) => {
        if (detector.window !== null) return [];
        const group = detector.by === undefined ? key : detector.by(event);
        if (group === null) return [];
        const found = judge(detector, group, time, event);
        if (found === null) return [];
        const { name, severity } = detector;
        return [
          { seq, id: `${name}:${id}`, name, group, severity, time, ...found, eventId: id, window: null },
        ];
      }),
    result: (result) =>
      detectors.flatMap((detector) => {
        if (detector.window !== result.name) return [];
        const { seq, group, start, end, revision, final, values } = result;
        const found = judge(detector, group, end, { ...values, group, start, end, revision, final });
        if (found === null) return [];
        const { name, severity } = detector;
        const cause = `${name}:${result.name}:${group}:${start}`;
        if (detector.oncePerWindow && alerted.has(cause)) return [];
        alerted.add(cause);
        const id = detector.oncePerWindow ? cause : `${cause}:${revision}`;
        const window = { name: result.name, start, end, revision };
        return [{ seq, id, name, group, severity, time: end, ...found, eventId: null, window }];
      }),
  };
}
